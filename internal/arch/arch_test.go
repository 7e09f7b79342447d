// SPDX-License-Identifier: Apache-2.0

// Package arch_test holds the law of the house: who may import whom, who keeps
// which outside library, and that every verb takes an actor.
package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "tillgang/"

// floors, lowest first. A package may import lower floors, never a higher one.
// On the ground and tools floors, and among doors, siblings are strangers.
var floors = []struct {
	name string
	dirs []string
}{
	{"ground", []string{"internal/fault", "internal/id", "internal/page", "internal/secret"}},
	{"tools", []string{
		"internal/plain", "internal/pg", "internal/blob", "internal/queue", "internal/egress", "internal/sandbox",
		"internal/picture", "internal/preview", "internal/film", "internal/filemeta", "internal/imprint", "internal/scan", "internal/document", "internal/nationalid", "internal/mail",
	}},
	{"rooms", []string{ // in the order of knowledge: a room may import rooms above it in this list
		"internal/access",
		"internal/audit",
		"internal/account",
		"internal/folder",
		"internal/asset",
		"internal/discussion",
		"internal/relation",
		"internal/effect",
		"internal/collection",
		"internal/ingest",
		"internal/request",
		"internal/rendition",
		"internal/link",
		"internal/search",
		"internal/bulk",
		"internal/delivery",
		"internal/work",
		"internal/statistics",
		"internal/notice",
	}},
	{"doors", []string{"internal/httpapi", "internal/httpmedia", "internal/webapp"}},
	{"house", []string{"internal/app"}},
	{"street", []string{"cmd/tillgang", "cmd/tillgang-worker", "cmd/tillgang-vips", "cmd/tillgang-office"}},
}

// grounded are ground packages that others of the ground may use.
var grounded = []string{"internal/fault"}

// keepers says which outside library lives in which package or file alone.
var keepers = map[string][]string{
	"github.com/gin-gonic/gin":            {"internal/httpapi", "internal/httpmedia"},
	"github.com/getkin/kin-openapi":       {"internal/httpapi"},
	"github.com/oapi-codegen":             {"internal/httpapi"},
	"github.com/minio/minio-go/v7":        {"internal/blob/s3", "internal/blob/blobtest"},
	"github.com/pressly/goose/v3":         {"internal/pg"},
	"github.com/riverqueue/river":         {"internal/queue", "internal/pg"},
	"github.com/disintegration/imaging":   {"internal/picture"},
	"golang.org/x/image":                  {"internal/picture", "internal/document"},
	"github.com/ebitengine/purego":        {"cmd/tillgang-vips", "cmd/tillgang-office"},
	"github.com/gabriel-vasile/mimetype":  {"internal/filemeta"},
	"github.com/bep/imagemeta":            {"internal/filemeta"},
	"github.com/landlock-lsm/go-landlock": {"internal/sandbox"},
	"golang.org/x/crypto/argon2":          {"internal/account"},
	"golang.org/x/crypto/acme":            {"internal/app"},
	"github.com/prometheus":               {"internal/app"},
	"github.com/caarlos0/env":             {"internal/app"},
	"github.com/schollz/progressbar":      {"internal/app"},
	"github.com/google/uuid":              {"internal/id", "internal/access", "internal/account", "internal/folder", "internal/asset", "internal/collection", "internal/discussion", "internal/search", "internal/rendition", "internal/delivery", "internal/effect"},
	"github.com/jackc/pgx/v5": {
		"internal/pg", "internal/queue", "internal/access", "internal/audit", "internal/account", "internal/folder",
		"internal/asset", "internal/discussion", "internal/relation", "internal/collection", "internal/ingest", "internal/request", "internal/rendition", "internal/link", "internal/search", "internal/bulk", "internal/delivery", "internal/statistics", "internal/notice", "internal/effect", "internal/work",
	},
	"golang.org/x/net/idna": {"internal/mail"},
	"os/exec":               {"internal/sandbox", "internal/pg/private", "internal/pg/pgtest", "internal/blob/blobtest", "internal/scan/scantest"},
}

func place(dir string) (level, rank int, floor, room string) {
	for l, f := range floors {
		for r, d := range f.dirs {
			if dir == d || strings.HasPrefix(dir, d+"/") {
				return l, r, f.name, d
			}
		}
	}
	return -1, -1, "", ""
}

// sources calls fn with every Go file of the program that is not a test.
func sources(t *testing.T, fn func(rel, dir string, fset *token.FileSet, f *ast.File)) {
	t.Helper()
	root := "../.."
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		dir := filepath.ToSlash(filepath.Dir(rel))
		if !strings.HasPrefix(dir, "internal/") && !strings.HasPrefix(dir, "cmd/") {
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		fn(rel, dir, fset, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheLawNamesWhatExists(t *testing.T) {
	t.Parallel()
	for _, f := range floors {
		for _, d := range f.dirs {
			if _, err := os.Stat(filepath.Join("../..", d)); err != nil {
				t.Errorf("the law names %s, which does not exist", d)
			}
		}
	}
}

func TestImportsOnlyGoDown(t *testing.T) {
	t.Parallel()
	sources(t, func(rel, dir string, fset *token.FileSet, f *ast.File) {
		level, rank, floor, room := place(dir)
		if level < 0 {
			t.Errorf("%s stands on no floor; give it a place in the law", dir)
			return
		}
		for _, im := range f.Imports {
			path, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			at := fset.Position(im.Pos())
			for lib, homes := range keepers {
				if (path == lib || strings.HasPrefix(path, lib+"/")) && !slices.ContainsFunc(homes, func(h string) bool { return dir == h || strings.HasPrefix(dir, h+"/") }) {
					t.Errorf("%s:%d imports %s, which is kept by %v", rel, at.Line, path, homes)
				}
			}
			to, ok := strings.CutPrefix(path, module)
			if !ok || floor == "street" && strings.HasPrefix(to, "internal/app") {
				continue
			}
			tl, tr, tf, troom := place(to)
			switch {
			case tl < 0, troom == room:
			case tl > level:
				t.Errorf("%s:%d: a %s may not know the %s floor (%s)", rel, at.Line, strings.TrimSuffix(floor, "s"), tf, to)
			case tl == level && floor == "rooms" && tr >= rank:
				t.Errorf("%s:%d: room %s may not know %s, which comes later", rel, at.Line, room, to)
			case tl == level && floor == "ground" && slices.Contains(grounded, to):
			case tl == level && floor != "rooms":
				t.Errorf("%s:%d: %s and %s are strangers; let the house introduce them", rel, at.Line, room, to)
			}
			// Plugs such as internal/blob/s3 are chosen by the house alone.
			testing := strings.HasSuffix(to, "test") || strings.Contains(dir, "test")
			if tf == "tools" && to != troom && troom != room && floor != "house" && !testing {
				t.Errorf("%s:%d: only the house chooses the plug %s", rel, at.Line, to)
			}
		}
	})
}

func TestEveryVerbTakesAnActor(t *testing.T) {
	t.Parallel()
	before := []string{
		// What finds out who asks cannot be told who asks.
		"ActorBySession", "ActorByKey", "SignIn", "RedeemLink", "Redeem", "RedeemArchive", "Visit", "Unlock",
		// At the start, and at the command line before a tenant is chosen, there
		// is no actor yet: these make the tenants and roles that actors come from.
		"Prepare", "Bootstrap", "EnsureRoles", "CreateTenant", "TenantBySlug",
		// Wiring.
		"Register", "Close",
	}
	sources(t, func(rel, dir string, fset *token.FileSet, f *ast.File) {
		_, _, floor, room := place(dir)
		if floor != "rooms" || dir != room {
			return
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() || strings.HasSuffix(fn.Name.Name, "Tx") || slices.Contains(before, fn.Name.Name) {
				continue
			}
			star, ok := fn.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			if name, ok := star.X.(*ast.Ident); !ok || name.Name != "Service" {
				continue
			}
			var params []string
			for _, p := range fn.Type.Params.List {
				for range max(1, len(p.Names)) {
					params = append(params, typeName(p))
				}
			}
			if len(params) == 0 || params[0] != "context.Context" {
				continue // touches neither database nor storage
			}
			if len(params) < 2 || params[1] != "access.Actor" && params[1] != "Actor" {
				t.Errorf("%s:%d: %s must take (ctx context.Context, who access.Actor, …)", rel, fset.Position(fn.Pos()).Line, fn.Name.Name)
			}
		}
	})
}

// across lists the files that may look for something by its secret or name
// before the tenant is known.
var across = []string{"internal/pg", "internal/account", "internal/delivery", "internal/ingest", "internal/request", "internal/link", "internal/app", "internal/audit"}

func TestOnlyAFewLookAcrossTenants(t *testing.T) {
	t.Parallel()
	sources(t, func(rel, dir string, fset *token.FileSet, f *ast.File) {
		if slices.Contains(across, dir) {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "pg" && strings.HasPrefix(sel.Sel.Name, "Across") {
					t.Errorf("%s:%d: only %v may look across tenants", rel, fset.Position(sel.Pos()).Line, across)
				}
			}
			return true
		})
	})
}

// ways out of the machine, by package: only internal/egress may use them.
var ways = map[string][]string{
	"net":        {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer", "Resolver", "LookupHost", "LookupIP", "LookupAddr", "DefaultResolver"},
	"net/http":   {"Get", "Post", "PostForm", "Head", "DefaultClient", "DefaultTransport", "Transport", "ProxyFromEnvironment"},
	"crypto/tls": {"Dial", "DialWithDialer", "Dialer"},
	"net/smtp":   {"Dial", "SendMail"},
}

// excused may use a way out, for the reason given.
var excused = map[string]string{
	"internal/pg/private":    "its cluster listens on a unix socket only",
	"internal/scan/scantest": "tests talk to a scanner of their own through its socket",
	"internal/blob/blobtest": "tests start an S3 server of their own on the loopback",
	"internal/app/upload.go": "the command line talks to the server that its user names, from the user's own machine",
	"internal/pg/pgtest":     "tests",
}

func TestOneDiallerOnly(t *testing.T) {
	t.Parallel()
	sources(t, func(rel, dir string, fset *token.FileSet, f *ast.File) {
		if strings.HasPrefix(dir, "internal/egress") {
			return
		}
		for excuse := range excused {
			if rel == excuse || dir == excuse || strings.HasPrefix(dir, excuse+"/") {
				return
			}
		}
		names := map[string][]string{} // local name of the package → what of it is forbidden
		for _, im := range f.Imports {
			path, _ := strconv.Unquote(im.Path.Value)
			if what, ok := ways[path]; ok {
				name := path[strings.LastIndexByte(path, '/')+1:]
				if im.Name != nil {
					name = im.Name.Name
				}
				names[name] = what
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(names[x.Name], sel.Sel.Name) {
					t.Errorf("%s:%d: %s.%s is a way out of the machine that the egress gate does not see", rel, fset.Position(sel.Pos()).Line, x.Name, sel.Sel.Name)
				}
			}
			return true
		})
	})
}

func TestOnlyTheHouseReadsTheEnvironment(t *testing.T) {
	t.Parallel()
	sources(t, func(rel, dir string, fset *token.FileSet, f *ast.File) {
		if dir == "internal/app" || strings.HasPrefix(dir, "cmd/") || strings.Contains(dir, "test") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "os" && slices.Contains([]string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, sel.Sel.Name) {
					t.Errorf("%s:%d: configuration is read in internal/app alone", rel, fset.Position(sel.Pos()).Line)
				}
			}
			return true
		})
	})
}

func typeName(f *ast.Field) string {
	switch x := f.Type.(type) {
	case *ast.SelectorExpr:
		if p, ok := x.X.(*ast.Ident); ok {
			return p.Name + "." + x.Sel.Name
		}
	case *ast.Ident:
		return x.Name
	}
	return ""
}
