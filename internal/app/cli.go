// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/pg"
	"tillgang/internal/pg/private"
)

const usage = `Tillgång %s: an archive for pictures, films and documents.

  tillgang serve                       run the server
  tillgang work                        run only its jobs, beside servers elsewhere
  tillgang migrate [--plan]            bring the database's schema up to date
  tillgang doctor [--audit]            look for what is wrong, and say how to mend it
  tillgang key create --name N --role R [--tenant T]
                                       make an API key and print it
  tillgang person link EMAIL [--tenant T]
                                       print a one-time sign-in link for somebody
  tillgang person invite EMAIL NAME [--role R] [--tenant T]
                                       make an account and print its sign-in link
  tillgang upload PATH… [--url U] [--folder F [--folders]] [--parallel N] [--patience 10m]
                                       upload files and directories, through lost networks and
                                       restarts; more: tillgang upload --help
  tillgang import folder PATH [--into F] [--dry-run] [--report R]
  tillgang import resourcespace --csv X --files DIR [--map M] [--into F] [--dry-run] [--report R]
                                       take in a tree of folders with XMP files beside the pictures, or
                                       an export of ResourceSpace; more: tillgang import --help
  tillgang bench-data [--tenant T] [--assets N] [--folders N] [--seed N] [--resume]
                                       make up a new tenant to measure in, with folders, groups,
                                       people and N assets that are all there but their files;
                                       interrupted, it goes on with --resume
  tillgang db upgrade                  carry the private database over to a newer Postgres
  tillgang version                     say which version this is

Settings are environment variables: see deploy/configuration.md.
`

// Main runs the subcommand in args (without the program's name) and returns
// the exit code: 0 done, 1 failed, 2 not understood.
func Main(args []string) int {
	ctx := context.Background()
	if len(args) == 0 {
		_, _ = fmt.Fprintf(os.Stderr, usage, Version)
		return 2
	}
	err := command(ctx, args[0], args[1:], os.Stdout)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 2
	}
	_, _ = fmt.Fprintln(os.Stderr, "tillgang: "+explain(err))
	return 1
}

var errUsage = errors.New("see `tillgang help`")

// explain prefers the sentence meant for people, and adds the cause: whoever
// runs the command may see it.
func explain(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		if f.Err != nil {
			return f.Text + " (" + f.Err.Error() + ")"
		}
		return f.Text
	}
	return err.Error()
}

func command(ctx context.Context, name string, args []string, out io.Writer) error {
	switch name {
	case "version", "--version":
		_, err := fmt.Fprintln(out, "tillgang", Version)
		return err
	case "help", "--help", "-h":
		_, err := fmt.Fprintf(out, usage, Version)
		return err
	case "configuration":
		_, err := io.WriteString(out, Documentation())
		return err
	case "upload":
		return uploadCommand(ctx, args, out)
	case "import":
		return importCommand(ctx, args, out)
	}
	cfg, err := ReadConfig(nil)
	if err != nil {
		return err
	}
	log := newLog(cfg, os.Stderr)
	switch name {
	case "serve":
		return Serve(ctx, cfg, log, out)
	case "work":
		return Work(ctx, cfg, log, out)
	case "migrate":
		return migrateCommand(ctx, cfg, args, out)
	case "doctor":
		return doctorCommand(ctx, cfg, args, out)
	case "key":
		return keyCommand(ctx, cfg, args, out)
	case "person":
		return personCommand(ctx, cfg, args, out)
	case "bench-data":
		return benchDataCommand(ctx, cfg, args, out)
	case "db":
		return databaseCommand(ctx, cfg, args, out)
	}
	return fmt.Errorf("there is no command %q: %w", name, errUsage)
}

// newLog writes text at a terminal and JSON to a machine.
func newLog(cfg Config, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	f, isFile := w.(*os.File)
	if cfg.LogFormat == "text" || cfg.LogFormat != "json" && isFile && term.IsTerminal(int(f.Fd())) {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// quiet is the log of commands that answer on standard output: only what went wrong.
func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

func migrateCommand(ctx context.Context, cfg Config, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	plan := flags.Bool("plan", false, "only say what would be done")
	if err := flags.Parse(args); err != nil {
		return err
	}
	h := &house{cfg: cfg, log: quiet()}
	defer func() { _ = h.close(context.WithoutCancel(ctx)) }()
	if err := h.findDatabase(ctx, true); err != nil {
		return err
	}
	if !*plan {
		if err := pg.Migrate(ctx, h.dbURL, h.dial); err != nil {
			return err
		}
	}
	steps, err := pg.Plan(ctx, h.dbURL, h.dial)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, s := range steps {
		state := "to do"
		if s.Done {
			state = "done"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\n", filepath.Base(s.Name), state)
	}
	return w.Flush()
}

func databaseCommand(ctx context.Context, cfg Config, args []string, out io.Writer) error {
	if len(args) != 1 || args[0] != "upgrade" {
		return fmt.Errorf("db knows only `upgrade`: %w", errUsage)
	}
	if !cfg.DatabaseURL.IsZero() {
		return fmt.Errorf("%sDATABASE_URL is set: a database that this server does not run is upgraded by whoever runs it", prefix)
	}
	from, to, err := private.Upgrade(ctx, private.Config{Dir: filepath.Join(cfg.Data, "postgres"), Log: quiet()})
	if err != nil {
		return err
	}
	if from == to {
		_, err = fmt.Fprintf(out, "The database is at Postgres %d already.\n", to)
		return err
	}
	_, err = fmt.Fprintf(out, "The database is at Postgres %d now. The old one stays in %s until you remove it.\n", to, filepath.Join(cfg.Data, "postgres", fmt.Sprintf("data.%d", from)))
	return err
}

// inTenant opens the rooms beside a running server, or alone, and runs fn as
// the command line in the tenant.
func inTenant(ctx context.Context, cfg Config, slug string, fn func(h *house, who access.Actor) error) (err error) {
	h, err := open(ctx, cfg, quiet(), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(context.WithoutCancel(ctx))) }()
	if _, err := h.accounts.Prepare(ctx, account.First{Email: cfg.AdminEmail, Tenant: cfg.TenantName}); err != nil {
		return err
	}
	tenant, err := h.accounts.TenantBySlug(ctx, slug)
	if err != nil {
		return err
	}
	return fn(h, access.HouseActor(tenant, "cli"))
}

func keyCommand(ctx context.Context, cfg Config, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "create" {
		return fmt.Errorf("key knows only `create`: %w", errUsage)
	}
	flags := flag.NewFlagSet("key create", flag.ContinueOnError)
	name := flags.String("name", "", "what the key is for")
	role := flags.String("role", "", "the role that the key has at the tenant")
	tenant := flags.String("tenant", account.DefaultTenant, "the tenant's short name")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if *name == "" || *role == "" {
		return fmt.Errorf("key create needs --name and --role: %w", errUsage)
	}
	return inTenant(ctx, cfg, *tenant, func(h *house, who access.Actor) error {
		_, key, err := h.accounts.CreateKey(ctx, who, account.NewKey{Name: *name, Own: true, Role: *role})
		if fault.KindOf(err) == fault.NotFound {
			return h.noRole(ctx, who, *role)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, key.Reveal())
		return err
	})
}

func personCommand(ctx context.Context, cfg Config, args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("person knows `link` and `invite`: %w", errUsage)
	}
	flags := flag.NewFlagSet("person "+args[0], flag.ContinueOnError)
	tenant := flags.String("tenant", account.DefaultTenant, "the tenant's short name")
	role := flags.String("role", "", "with invite: a role at the tenant")
	words, err := mixed(flags, args[1:])
	if err != nil {
		return err
	}
	return inTenant(ctx, cfg, *tenant, func(h *house, who access.Actor) error {
		switch {
		case args[0] == "invite" && len(words) >= 2:
			l, err := h.accounts.Invite(ctx, who, account.NewAccount{Email: words[0], Name: strings.Join(words[1:], " ")}, false)
			if err != nil {
				return err
			}
			if *role != "" {
				if err := h.giveRole(ctx, who, l.Account, *role); err != nil {
					return err
				}
			}
			return printLink(out, cfg, l.Token.Reveal())
		case args[0] == "link" && len(words) == 1:
			token, err := h.accounts.NewLink(ctx, who, words[0])
			if err != nil {
				return err
			}
			return printLink(out, cfg, token.Reveal())
		}
		return fmt.Errorf("person knows `link EMAIL` and `invite EMAIL NAME`: %w", errUsage)
	})
}

// noRole says which roles there are besides the one that is not.
func (h *house) noRole(ctx context.Context, who access.Actor, role string) error {
	roles, err := h.accounts.Roles(ctx, who)
	if err != nil {
		return err
	}
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.Name
	}
	return fmt.Errorf("there is no role %q; there are %s", role, strings.Join(names, ", "))
}

// mixed parses flags that may stand before, between and after the words.
func mixed(flags *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}

func printLink(out io.Writer, cfg Config, token string) error {
	_, err := fmt.Fprintf(out, "%s/sign-in/link#%s\n", cfg.BaseURL, token)
	return err
}

func (h *house) giveRole(ctx context.Context, who access.Actor, a account.Account, role string) error {
	roles, err := h.accounts.Roles(ctx, who)
	if err != nil {
		return err
	}
	for _, r := range roles {
		if r.Name == role {
			return h.accounts.Give(ctx, who, a.ID.UUID(), r.ID)
		}
	}
	return fmt.Errorf("the account is made, but has no role: %w", h.noRole(ctx, who, role))
}
