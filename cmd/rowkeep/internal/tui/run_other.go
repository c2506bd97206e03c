//go:build wasip1

package tui

import (
	"context"
	"errors"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
)

// Run returns [errors.ErrUnsupported]: there is no terminal to be had.
func Run(context.Context, *settle.Session, Config) (written bool, err error) {
	return false, errors.ErrUnsupported
}
