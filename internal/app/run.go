// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/httpapi"
	"tillgang/internal/httpmedia"
	"tillgang/internal/id"
)

// Serve runs the server until the process is told to stop: doors, jobs and,
// when no other database is configured, Postgres. It stops in the reverse
// order: doors first refuse, then drain, then the jobs, then the database.
func Serve(ctx context.Context, cfg Config, log *slog.Logger, out io.Writer) error {
	return run(ctx, cfg, log, out, true)
}

// Work runs the jobs without the doors, beside servers elsewhere.
func Work(ctx context.Context, cfg Config, log *slog.Logger, out io.Writer) error {
	return run(ctx, cfg, log, out, false)
}

// drainTime is how long running requests get to end once the server stops.
const drainTime = 20 * time.Second

func run(ctx context.Context, cfg Config, log *slog.Logger, out io.Writer, doors bool) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The listeners come first: a port that is taken is the commonest mistake,
	// and it is said before anything else is touched.
	var l listeners
	if doors {
		if l, err = listen(ctx, cfg, log); err != nil {
			return err
		}
		defer l.close()
		go httpapi.Prepare() // while the database starts
	}
	cfg.Jobs = cfg.Jobs || !doors // working is what work is for
	h, err := open(ctx, cfg, log, false)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		err = errors.Join(err, h.close(end))
	}()
	token, err := h.accounts.Bootstrap(ctx, account.First{Email: cfg.AdminEmail, Tenant: cfg.TenantName})
	if err != nil {
		return fmt.Errorf("prepare the first tenant: %w", err)
	}
	if err := h.ingest.Recover(ctx, access.HouseActor(id.Tenant{}, "start")); err != nil {
		return fmt.Errorf("take up what was left in hand: %w", err)
	}
	if err := h.queue.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	h.onClose(h.drainTraffic) // before the database goes
	h.onClose(h.flushCounts)
	h.onClose(h.queue.Stop)
	go h.keepTraffic(ctx)
	if !doors {
		log.LogAttrs(ctx, slog.LevelInfo, "working", slog.String("version", Version), slog.String("node", h.queue.Node()))
		<-ctx.Done()
		return nil
	}
	return h.serve(ctx, l, token.Reveal(), out)
}

// listeners are the ports of the doors.
type listeners struct{ main, plain, metrics net.Listener }

func (l listeners) close() {
	for _, one := range []net.Listener{l.main, l.plain, l.metrics} {
		if one != nil {
			_ = one.Close()
		}
	}
}

func listen(ctx context.Context, cfg Config, log *slog.Logger) (l listeners, err error) {
	var lc net.ListenConfig
	if l.main, err = lc.Listen(ctx, "tcp", cfg.Listen); err != nil {
		return l, cannotListen("LISTEN", cfg.Listen, err)
	}
	// Beside the usual TLS port people and certificate authorities expect port 80.
	plain, asked := cfg.PlainListen, cfg.PlainListen != ""
	if host, port, _ := cutPort(cfg.Listen); port == "443" && cfg.endsTLS() && !asked {
		plain = host + ":80"
	}
	if plain != "" {
		switch l.plain, err = lc.Listen(ctx, "tcp", plain); {
		case err != nil && asked:
			l.close()
			return l, cannotListen("PLAIN_LISTEN", plain, err)
		case err != nil:
			log.LogAttrs(ctx, slog.LevelWarn, "port 80 not answered", slog.Any("error", err))
		}
	}
	if cfg.MetricsListen != "" && cfg.MetricsListen != "off" {
		if l.metrics, err = lc.Listen(ctx, "tcp", cfg.MetricsListen); err != nil {
			log.LogAttrs(ctx, slog.LevelWarn, "metrics not served", slog.Any("error", err))
		}
	}
	return l, nil
}

// cannotListen says what to do about a port that cannot be had.
func cannotListen(setting, address string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, syscall.EACCES):
		hint = "; ports below 1024 need the capability CAP_NET_BIND_SERVICE"
	case errors.Is(err, syscall.EADDRINUSE):
		hint = "; another program uses it: stop that, or choose another port"
	}
	return fmt.Errorf("%s%s: the address %s cannot be used: %w%s", prefix, setting, address, err, hint)
}

func (h *house) serve(ctx context.Context, l listeners, token string, out io.Writer) error {
	acme, err := h.acmeTransport()
	if err != nil {
		return err
	}
	certs, err := newCertificates(h.cfg, acme, h.log)
	if err != nil {
		return err
	}
	watch := newHealth(h, certs)
	doors, err := h.doors(watch)
	if err != nil {
		return err
	}
	go h.keepWatch(ctx, watch)
	server := func(handler http.Handler) *http.Server {
		return &http.Server{
			Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
			ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
		}
	}
	main := server(strict(watch.leaving(doors)))
	main.ConnContext = httpmedia.ConnContext
	failed := make(chan error, 3)
	start := func(s *http.Server, l net.Listener, overTLS bool) {
		go func() {
			if overTLS {
				s.TLSConfig = certs.config
				failed <- s.ServeTLS(l, "", "")
				return
			}
			failed <- s.Serve(httpmedia.Listener(l))
		}()
	}
	start(main, l.main, certs != nil)
	others := []*http.Server{}
	if l.plain != nil && certs != nil {
		s := server(plainDoor(h.cfg.BaseURL, certs))
		start(s, l.plain, false)
		others = append(others, s)
	}
	if l.metrics != nil {
		s := server(watch.metrics())
		start(s, l.metrics, false)
		others = append(others, s)
	}
	if certs != nil && certs.maintain != nil {
		go certs.maintain(ctx) // ends with the server; a question under way is given up
	}
	go debug.FreeOSMemory() // starting took more than waiting does
	h.log.LogAttrs(ctx, slog.LevelInfo, "ready", slog.String("version", Version), slog.String("listen", l.main.Addr().String()))
	_, _ = fmt.Fprintf(out, "\n  Tillgång is ready at %s\n", h.cfg.BaseURL)
	if token != "" {
		_, _ = fmt.Fprintf(out, "\n  Nobody can sign in yet. Open this one-time link (valid 24 hours) to be the first administrator:\n\n    %s/sign-in/link#%s\n\n", h.cfg.BaseURL, token)
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	watch.drain()
	h.log.LogAttrs(ctx, slog.LevelInfo, "stopping")
	h.linger(failed)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	main.SetKeepAlivesEnabled(false)
	if e := main.Shutdown(end); e != nil {
		_ = main.Close() // whoever is still downloading resumes at the next start
	}
	for _, s := range others {
		_ = s.Close()
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// linger goes on answering for a while after /readyz has begun to say no, so
// that a balancer in front has time to turn to other nodes. Answers close their
// connections meanwhile. A second signal, or a door that fails, ends it.
func (h *house) linger(failed <-chan error) {
	if h.cfg.Drain <= 0 {
		return
	}
	again, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := time.NewTimer(h.cfg.Drain)
	defer t.Stop()
	select {
	case <-t.C:
	case <-again.Done():
	case <-failed: //nolint:errcheck // whoever serves says why; here it only ends the wait
	}
}
