package process

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// Work starts this program again, as "-worker TASK ARGS...", and decodes what it answers
// into result. So the program itself stays small.
func Work(ctx context.Context, result any, task string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{"-worker", task}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", task, err)
	}
	return json.Unmarshal(out, result)
}

// Answer is the other side of Work: it prints what do returns.
func Answer(do func() (result any, err error)) error {
	result, err := do()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}
