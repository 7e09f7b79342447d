// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"tillgang/internal/access"
	"tillgang/internal/blob"
	"tillgang/internal/blob/dir"
	"tillgang/internal/blob/s3"
	"tillgang/internal/delivery"
	"tillgang/internal/httpmedia"
	"tillgang/internal/id"
	"tillgang/internal/pg"
	"tillgang/internal/search/searchtest"
	"tillgang/internal/secret"
)

// house is a database with one asset, whose original rests under key.
type house struct {
	o        options
	dir      string // of the storage
	database string // URL
	delivery *delivery.Service
	who      access.Actor
	asset    id.Asset
	key      blob.Key
	close    func()
}

func newHouse(ctx context.Context, o options) (h *house, err error) {
	h = &house{o: o, dir: filepath.Join(o.work, "storage")}
	u, err := url.Parse(o.url)
	if err != nil || u.Scheme == "" {
		return nil, fmt.Errorf("-url must be a database URL")
	}
	name := "bench_delivery_" + strings.ToLower(rand.Text()[:8])
	u.Path = "/" + name
	h.database = u.String()
	admin, err := pgx.Connect(ctx, o.url)
	if err != nil {
		return nil, err
	}
	if _, err := admin.Exec(ctx, "create database "+name); err != nil {
		return nil, err
	}
	h.close = func() {
		_, _ = admin.Exec(ctx, "drop database "+name+" with (force)")
		_ = admin.Close(ctx)
	}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if err := pg.Migrate(ctx, h.database, nil); err != nil {
		return nil, err
	}
	db, err := pg.Open(ctx, h.database, nil)
	if err != nil {
		return nil, err
	}
	drop := h.close
	h.close = func() { db.Close(); drop() }
	tenant := id.New[id.Tenant]()
	if err := pg.In(ctx, db, tenant, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, "insert into tenant (id, slug, name, created_at) values ($1, 'bench', 'Bench', $2)", tenant, searchtest.Born)
		return err
	}); err != nil {
		return nil, err
	}
	if _, err := searchtest.Fill(ctx, db, h.database, tenant, searchtest.Size{Assets: 1, Folders: 1, ACLs: 1, Groups: 1, Seed: 1}); err != nil {
		return nil, err
	}
	h.key = "originals/bench/1"
	h.who = access.HouseActor(tenant, "bench")
	h.delivery = delivery.New(db, nil, h.signer(), time.Now)
	return h, pg.In(ctx, db, tenant, func(tx pg.Tx) error {
		return tx.QueryRow(ctx, "update revision set size = $1, blob_key = $2 returning asset_id", o.size, string(h.key)).Scan(&h.asset)
	})
}

func (*house) signer() *delivery.Signer {
	s, err := delivery.NewSigner(delivery.LinkKey{ID: "b", Secret: bytes.Repeat([]byte("b"), 32)})
	if err != nil {
		panic(err)
	}
	return s
}

// server is a running process.
type server struct {
	cmd *exec.Cmd
	url string
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// run starts a program and waits until it answers.
func run(ctx context.Context, addr string, env []string, name string, args ...string) (*server, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd, "http://" + addr}
	for range 200 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("%s does not answer at %s", name, addr)
}

// start runs this program again as a server.
func (h *house) start(ctx context.Context, kind, store, object string) (*server, error) {
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	return run(ctx, addr, nil, os.Args[0], "-serve", kind, "-listen", addr, "-store", store, "-object", object, "-url", h.database, "-profile", h.o.profile)
}

// nginx serves a directory with so many workers, or "auto": one for each processor.
func (h *house) nginx(ctx context.Context, root, workers string) (*server, error) {
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(h.o.work, "nginx-"+workers+".conf")
	if os.Geteuid() == 0 {
		workers += "; user root" // who reads what was made here
	}
	text := fmt.Sprintf(`daemon off; worker_processes %[4]s; pid %[1]s/%[2]s.pid; error_log stderr crit;
events { worker_connections 256; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; types { image/jpeg jpg; }
	client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	server { listen %[2]s; root %[3]s; } }
`, h.o.work, addr, root, workers)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return run(ctx, addr, nil, "nginx", "-c", conf, "-p", h.o.work)
}

const (
	accessKey = "benchkey"
	secretKey = "benchsecret1"
	bucket    = "bench"
)

// gateway starts an S3 server over a directory and puts the original there.
func (h *house) gateway(ctx context.Context) (*server, error) {
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	root := filepath.Join(h.o.work, "s3")
	if err := os.MkdirAll(filepath.Join(root, bucket), 0o755); err != nil {
		return nil, err
	}
	s, err := run(ctx, addr, []string{"ROOT_ACCESS_KEY=" + accessKey, "ROOT_SECRET_KEY=" + secretKey}, h.o.versitygw, "--port", addr, "--quiet", "posix", root)
	if err != nil {
		return nil, err
	}
	store, err := remote(s.url)
	if err == nil {
		_, err = store.Put(ctx, h.key, io.LimitReader(noise{}, h.o.size), h.o.size)
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func remote(endpoint string) (*s3.Store, error) {
	c, err := s3.Parse("s3://" + bucket + "?endpoint=" + endpoint)
	if err != nil {
		return nil, err
	}
	c.AccessKey, c.SecretKey = accessKey, secret.New(secretKey)
	return s3.New(c, &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true})
}

// s3Client is the S3 client as it is.
func s3Client(endpoint string) (*minio.Core, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	return minio.NewCore(u.Host, &minio.Options{Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: "us-east-1"})
}

// serve is a server process: the door as it is; a plain file server; or one
// GET piped through.
func serve(ctx context.Context, o options) error {
	var h http.Handler
	switch o.serve {
	case "plain":
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			http.ServeFile(w, r, o.store)
		})
	case "pipe":
		client, err := s3Client(o.store)
		if err != nil {
			return err
		}
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, info, _, err := client.GetObject(r.Context(), bucket, o.object, minio.GetObjectOptions{})
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			defer func() { _ = body.Close() }()
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Content-Length", fmt.Sprint(info.Size))
			_, _ = io.CopyBuffer(struct{ io.Writer }{w}, body, make([]byte, 256<<10))
		})
	case "door":
		db, err := pg.Open(ctx, o.url, nil)
		if err != nil {
			return err
		}
		var store blob.Store
		if strings.HasPrefix(o.store, "http") {
			store, err = remote(o.store)
		} else {
			store, err = dir.Open(o.store)
		}
		if err != nil {
			return err
		}
		d := delivery.New(db, store, (*house)(nil).signer(), time.Now)
		d.Recall = func(_ context.Context, _ pg.Tx, tenant id.Tenant, _ []byte) (access.Actor, error) {
			return access.HouseActor(tenant, "bench"), nil
		}
		if h, err = httpmedia.New(httpmedia.Config{Delivery: d, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Now: time.Now}); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no server of kind %q", o.serve)
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	if o.serve == "door" {
		l, s.ConnContext = httpmedia.Listener(l), httpmedia.ConnContext
	}
	if o.profile == "" || o.serve != "door" {
		return s.Serve(l)
	}
	f, err := os.Create(o.profile)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	go func() { <-ctx.Done(); _ = s.Close() }()
	err = s.Serve(l)
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}
