// SPDX-License-Identifier: Apache-2.0

// Command withpostgres runs a command beside a Postgres that is thrown away:
//
//	go run ./internal/pg/pgtest/withpostgres -- go test ./...
//
// The command finds the connection string in TILLGANG_TEST_POSTGRES: database
// postgres, as a role that is no superuser but may make databases and roles.
// (The cluster asks nobody who he is: with the user name postgres in its place
// one is superuser.) The exit code is the command's.
//
// With -keep DIR the cluster lives in DIR and stays there afterwards; without
// a command it then runs until interrupted:
//
//	go run ./internal/pg/pgtest/withpostgres -keep /tmp/pg
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"tillgang/internal/pg/private"
)

func main() {
	keep := flag.String("keep", "", "keep the cluster in `DIR`, and without a command run until interrupted")
	flag.Parse()
	code, err := run(*keep, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
	}
	os.Exit(code)
}

// run returns the exit code: that of the command, or 1 with an error.
func run(dir string, args []string) (code int, err error) {
	if dir == "" && len(args) == 0 {
		return 2, errors.New("name a command, or a directory with -keep")
	}
	// From here on signals end the command, and then the cluster in good order.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)

	if dir == "" {
		if dir, err = temporary(); err != nil {
			return 1, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	ctx := context.Background()
	cluster, err := private.Start(ctx, private.Config{
		Dir: dir, Test: true,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, cluster.Stop(ctx)) }()

	dsn := cluster.URL("postgres")
	if len(args) == 0 {
		fmt.Println("TILLGANG_TEST_POSTGRES=" + dsn)
		<-signals
		return 0, nil
	}
	return command(args, dsn, signals)
}

// temporary makes a directory that the user that runs Postgres can enter.
func temporary() (string, error) {
	dir, err := os.MkdirTemp("", "tillgang-pg-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// command runs the command to its end and passes signals on to it.
func command(args []string, dsn string, signals <-chan os.Signal) (int, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "TILLGANG_TEST_POSTGRES="+dsn)
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // it may have ended
		}
	}()
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if s := exit.Sys().(syscall.WaitStatus); s.Signaled() {
			return 128 + int(s.Signal()), nil
		}
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
