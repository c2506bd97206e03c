//go:build !unix

package process

import "os"

// peak is not known here.
func peak(*os.ProcessState) int64 { return 0 }
