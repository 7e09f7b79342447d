// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// health knows whether the server can do its work, and counts what it does.
type health struct {
	h        *house
	certs    *certificates
	draining atomic.Bool

	mu      sync.Mutex
	at      time.Time
	reasons map[string]string // what keeps the server from its work, by part
	alarms  []string          // what somebody must look at while it works

	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newHealth(h *house, certs *certificates) *health {
	w := &health{
		h: h, certs: certs, registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tillgang_http_requests_total", Help: "Requests answered, by operation of the API and status."}, []string{"operation", "status"}),
		seconds:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tillgang_http_request_seconds", Help: "Time until an answer was complete, by operation.", Buckets: []float64{.002, .005, .01, .03, .1, .3, 1, 3, 10, 60}}, []string{"operation"}),
	}
	w.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), w.requests, w.seconds,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tillgang_ready", Help: "1 when the server can do its work, else 0."}, func() float64 {
			if len(w.check(context.Background())) > 0 {
				return 0
			}
			return 1
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tillgang_certificate_days", Help: "Days until the TLS certificate expires, negative after that; 0 without one."}, func() float64 {
			return certs.days(clock())
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tillgang_database_connections", Help: "Connections to the database in use."}, func() float64 { return float64(h.db.Pool().Stat().AcquiredConns()) }),
		queueCollector{h}, egressCollector{h},
	)
	return w
}

// observe is told of every answer of the API's door.
func (w *health) observe(operation string, status int, took time.Duration) {
	if operation == "" {
		operation = "none"
	}
	w.requests.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	w.seconds.WithLabelValues(operation).Observe(took.Seconds())
}

func (w *health) drain() { w.draining.Store(true) }

// leaving has connections closed with their answers while the server drains: a
// proxy that keeps them for its next request would find them gone.
func (w *health) leaving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.draining.Load() {
			rw.Header().Set("Connection", "close")
		}
		next.ServeHTTP(rw, r)
	})
}

// checkEvery is how long an answer of check holds: writing to the storage at
// every question would be a load of its own.
const checkEvery = 5 * time.Second

// check returns what keeps the server from its work, by part.
func (w *health) check(ctx context.Context) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := clock(); w.reasons == nil || now.Sub(w.at) > checkEvery {
		ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
		defer cancel()
		w.at, w.reasons = now, map[string]string{}
		if err := w.h.db.Ping(ctx); err != nil {
			w.reasons["database"] = "the database cannot be reached"
			w.h.log.LogAttrs(ctx, slog.LevelWarn, "database not ready", slog.Any("error", err))
		}
		if err := w.h.store.Probe(ctx); err != nil {
			w.reasons["storage"] = "the storage cannot be written and read"
			w.h.log.LogAttrs(ctx, slog.LevelWarn, "storage not ready", slog.Any("error", err))
		}
		w.alarms = nil
		if s := w.h.scanner; s != nil {
			if _, err := s.Version(ctx); err != nil {
				w.alarms = append(w.alarms, "the virus scanner cannot be reached: new files wait")
				w.h.log.LogAttrs(ctx, slog.LevelWarn, "virus scanner not ready", slog.Any("error", err))
			}
		}
	}
	out := make(map[string]string, len(w.reasons)+1)
	maps.Copy(out, w.reasons)
	if w.draining.Load() {
		out["server"] = "the server is stopping"
	}
	return out
}

// alarm returns what check last found that leaves the server ready.
func (w *health) alarm() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.alarms)
}

// alive answers GET /healthz: the process runs. It depends on nothing.
func (w *health) alive(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = rw.Write([]byte("ok\n"))
}

// ready answers GET /readyz: 200, or 503 with the reasons. A certificate near
// its end is a warning and leaves the server ready.
func (w *health) ready(rw http.ResponseWriter, r *http.Request) {
	reasons := w.check(r.Context())
	answer := struct {
		Ready    bool              `json:"ready"`
		Reasons  map[string]string `json:"reasons,omitempty"`
		Warnings []string          `json:"warnings,omitempty"`
	}{Ready: len(reasons) == 0, Reasons: reasons}
	answer.Warnings = append(w.certs.warnings(clock()), w.alarm()...)
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	if !answer.Ready {
		rw.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(rw).Encode(answer)
}

// metrics answers GET /metrics on a listener of its own, for Prometheus.
func (w *health) metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}))
	return mux
}

// queueCollector counts jobs when Prometheus asks.
type queueCollector struct{ h *house }

var jobsDesc = prometheus.NewDesc("tillgang_jobs", "Jobs in the queue, by kind and state.", []string{"kind", "state"}, nil)

// Describe implements prometheus.Collector.
func (queueCollector) Describe(ch chan<- *prometheus.Desc) { ch <- jobsDesc }

// Collect implements prometheus.Collector.
func (c queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	depths, err := c.h.queue.Depths(ctx)
	if err != nil {
		return // the database is away; tillgang_ready says so
	}
	for _, d := range depths {
		ch <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(d.Jobs), d.Kind, d.State)
	}
}

// egressCollector shows what went out, by destination.
type egressCollector struct{ h *house }

var (
	egressConnections = prometheus.NewDesc("tillgang_egress_connections_total", "Connections made to a destination.", []string{"purpose", "host"}, nil)
	egressBytes       = prometheus.NewDesc("tillgang_egress_bytes_total", "Bytes sent to and received from a destination.", []string{"purpose", "host", "direction"}, nil)
	egressRefused     = prometheus.NewDesc("tillgang_egress_refused_total", "Connections that were refused.", []string{"purpose", "host"}, nil)
)

// Describe implements prometheus.Collector.
func (egressCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- egressConnections
	ch <- egressBytes
	ch <- egressRefused
}

// Collect implements prometheus.Collector.
func (c egressCollector) Collect(ch chan<- prometheus.Metric) {
	for _, d := range c.h.destinations().Items {
		count := func(desc *prometheus.Desc, n int64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), append([]string{d.Purpose, d.Host}, labels...)...)
		}
		count(egressConnections, d.Connections)
		count(egressBytes, d.BytesOut, "out")
		count(egressBytes, d.BytesIn, "in")
		count(egressRefused, d.Refused)
	}
}
