// SPDX-License-Identifier: Apache-2.0

package egress_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// waysOut are what leads out of the process, by import path. A name that ends
// with * stands for all that begin so; "" for the whole package.
var waysOut = map[string][]string{
	"net": {
		"Dial*", "Dialer", "Lookup*", "Resolver", "DefaultResolver", "ResolveTCPAddr", "ResolveUDPAddr", "ResolveIPAddr",
	},
	"net/http":          {"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm", "Transport"},
	"net/http/httputil": {"ReverseProxy", "NewSingleHostReverseProxy", "NewClientConn", "NewProxyClientConn"},
	"net/rpc":           {""},
	"net/smtp":          {""},
	"net/textproto":     {"Dial"},
	"crypto/tls":        {"Dial*", "Dialer"},
	"log/syslog":        {""},
	"syscall":           {"Connect", "Sendto", "Sendmsg"},

	"golang.org/x/sys/unix":                        {"Connect", "Sendto*", "Sendmsg*"},
	"golang.org/x/crypto/ssh":                      {"Dial"},
	"golang.org/x/net/proxy":                       {""},
	"golang.org/x/net/websocket":                   {"Dial*"},
	"github.com/minio/minio-go/v7":                 {"DefaultTransport"},
	"github.com/minio/minio-go/v7/pkg/credentials": {"NewIAM", "NewSTS*", "NewLDAP*", "IAM"},
}

// clients are files that are not part of the server, with the reason.
var clients = map[string]string{
	"internal/app/upload.go": "tillgang upload runs on a person's own machine and talks to the server that the person names",
}

// TestNobodyElseDials reads every file of the program. Test helpers, whose
// folders end in "test", may dial; they are not part of it.
func TestNobodyElseDials(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	files, left := 0, maps.Clone(clients)
	for _, top := range []string{"internal", "cmd", "api", "player"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, e fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil {
				return err
			}
			name := e.Name()
			if e.IsDir() {
				if strings.HasSuffix(name, "test") || name == "testdata" || name == "node_modules" || path == filepath.Join(root, "internal", "egress") {
					return fs.SkipDir
				}
				return nil
			}
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return nil
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			if _, ok := clients[filepath.ToSlash(rel)]; ok {
				delete(left, filepath.ToSlash(rel))
				return nil
			}
			for _, f := range trespasses(t, path, src) {
				t.Error(f)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for f := range left {
		t.Errorf("the law names %s, which does not exist", f)
	}
	if files < 10 {
		t.Fatalf("only %d files were read", files)
	}
}

func trespasses(t *testing.T, name string, src []byte) (found []string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	say := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%s: %s leads out past internal/egress; take the gate's dialler or transport", fset.Position(n.Pos()), what))
	}
	imports := map[string]string{} // local name → path
	for _, im := range f.Imports {
		path, _ := strconv.Unquote(im.Path.Value)
		names, watched := waysOut[path]
		if !watched {
			continue
		}
		local := strings.TrimPrefix(path[strings.LastIndex(path, "/")+1:], "v7")
		if path == "github.com/minio/minio-go/v7" {
			local = "minio"
		}
		if im.Name != nil {
			local = im.Name.Name
		}
		if names[0] == "" || local == "." {
			say(im, "import of "+path)
		}
		imports[local] = path
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, w := range waysOut[imports[x.Name]] {
				if start, all := strings.CutSuffix(w, "*"); w != "" && (n.Sel.Name == w || all && strings.HasPrefix(n.Sel.Name, start)) {
					say(n, x.Name+"."+n.Sel.Name)
					break
				}
			}
		case *ast.CompositeLit:
			if s, ok := n.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Client" {
				if x, ok := s.X.(*ast.Ident); ok && imports[x.Name] == "net/http" && !sets(n, "Transport") {
					say(n, "http.Client without a transport")
				}
			}
		}
		return true
	})
	return found
}

func sets(lit *ast.CompositeLit, field string) bool {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if k, ok := kv.Key.(*ast.Ident); ok && k.Name == field {
				return true
			}
		}
	}
	return false
}

func TestTheLawFindsWaysOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want int // ways found
		code string
	}{
		{1, `import "net"; func f() { net.Dial("tcp", "a:1") }`},
		{1, `import n "net"; func f() { n.DialTimeout("tcp", "a:1", 0) }`},
		{1, `import "net"; var d net.Dialer`},
		{1, `import . "net"`},
		{1, `import "net"; func f() { net.LookupHost("a") }`},
		{1, `import "net/http"; var t = &http.Transport{}`},
		{1, `import "net/http"; var c = http.DefaultClient`},
		{1, `import "net/http"; func f() { http.Get("x") }`},
		{1, `import "net/http"; var c = &http.Client{}`},
		{1, `import "net/http"; var c = &http.Client{Timeout: 1}`},
		{0, `import "net/http"; func f(t http.RoundTripper) any { return &http.Client{Transport: t} }`},
		{1, `import "net/http/httputil"; var p httputil.ReverseProxy`},
		{1, `import "crypto/tls"; func f() { tls.Dial("tcp", "a:1", nil) }`},
		{1, `import "net/smtp"`},
		{1, `import "syscall"; func f() { syscall.Connect(1, nil) }`},
		{0, `import "net"; func f() { net.Listen("tcp", ":0"); var _ net.Conn }`},
		{0, `import "net/http"; func f(w http.ResponseWriter, r *http.Request) {}`},
		{0, `import "crypto/tls"; var c tls.Config`},
	} {
		if got := trespasses(t, "x.go", []byte("package x; "+c.code)); len(got) != c.want {
			t.Errorf("%s: %v", c.code, got)
		}
	}
}
