// SPDX-License-Identifier: Apache-2.0

package picture

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// WorkerArg is the first argument with which the server's own executable is
// started to become the built-in engine's worker.
const WorkerArg = "picture-worker"

const maxJob = 1 << 20 // bytes of a job

// WorkerMain is the main function of the built-in engine's child. args are
// what follows WorkerArg: the path of a job, or nothing to read it from
// standard input. It answers on standard output and returns the exit status:
// 0 when it answered, even if the answer is that there is no picture, and 2
// when it could not.
func WorkerMain(args []string) int { return Serve(args, renderBuiltin) }

// Serve reads a job, has it carried out and writes the reply; it is what both
// workers have in common. A panic of a decoder is answered as CodeUnreadable.
func Serve(args []string, render func(Job) (Reply, error)) int {
	job, err := readJob(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if job.Limits.Memory > 0 {
		debug.SetMemoryLimit(job.Limits.Memory)
	}
	reply, err := guarded(job, render)
	if err != nil {
		reply.Outputs, reply.Error = []Made{}, ProblemOf(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(reply); err != nil {
		fmt.Fprintln(os.Stderr, "picture: answer:", err)
		return 2
	}
	return 0
}

func readJob(args []string) (Job, error) {
	in := io.Reader(os.Stdin)
	if len(args) > 0 {
		f, err := os.Open(args[0])
		if err != nil {
			return Job{}, fmt.Errorf("picture: read the job: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	var job Job
	if err := json.NewDecoder(io.LimitReader(in, maxJob)).Decode(&job); err != nil {
		return Job{}, fmt.Errorf("picture: read the job: %w", err)
	}
	for _, out := range job.Outputs {
		if err := out.Recipe.Validate(); err != nil {
			return Job{}, fmt.Errorf("picture: read the job: %w", err)
		}
	}
	return job, nil
}

func guarded(job Job, render func(Job) (Reply, error)) (reply Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Fault(CodeUnreadable, fmt.Errorf("picture: panic: %v", p))
		}
	}()
	if reply, err = render(job); err == nil {
		err = alike(job, &reply)
	}
	return reply, err
}
