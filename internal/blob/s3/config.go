// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"tillgang/internal/blob"
	"tillgang/internal/fault"
	"tillgang/internal/secret"
)

// Config says where the bucket is.
type Config struct {
	Bucket    string
	Prefix    string // before every key; empty or ends with a slash
	Host      string // of the endpoint, lower case
	Port      int
	Secure    bool   // TLS; only a server on this machine may do without
	Region    string // as the provider's manual says; it proves nothing about a place
	PathStyle bool   // https://host/bucket/key rather than https://bucket.host/key
	Checksums bool   // have the server keep and verify CRC32C beside the signed SHA-256
	Spool     string // directory of this machine to collect parts in; empty: the system's for temporary files
	CAFile    string // PEM file of authorities to trust for this host beside the system's; may be empty

	AccessKey string
	SecretKey secret.Text
}

// CodeConfig is the code of the fault.Invalid for a storage URL that makes no sense.
const CodeConfig = "storage.config"

// bucketName is the part of the S3 naming rules that all servers share. Dots
// are left out: they break TLS with virtual-host style.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// Parse reads "s3://bucket/prefix?endpoint=https://host:port&region=sto1".
// Further settings are path_style (true by default, except at Amazon),
// checksum (crc32c, or none for servers that do not know it) and ca_file.
// Credentials are not part of the URL; set them afterwards.
func Parse(raw string) (Config, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Config{}, bad("is not a URL", nil) // the cause quotes the URL
	}
	q, err := url.ParseQuery(u.RawQuery)
	switch {
	case u.Scheme != "s3":
		return Config{}, bad("must start with s3://", nil)
	case u.User != nil:
		return Config{}, bad("must not hold credentials; they have settings of their own", nil)
	case err != nil || u.Fragment != "":
		return Config{}, bad("has a malformed part behind the question mark", err)
	case !bucketName.MatchString(u.Host):
		return Config{}, bad("must name a bucket of 3–63 characters a–z, 0–9 and - after s3://", nil)
	}
	c := Config{Bucket: u.Host, Region: "us-east-1", PathStyle: true, Checksums: true}
	if p := strings.Trim(u.Path, "/"); p != "" {
		c.Prefix = p + "/"
		if err := blob.Key(p).Valid(); err != nil || len(p) > 80 {
			return Config{}, bad("has a prefix that is not made of a–z, 0–9, _, . and -, or that is longer than 80 characters", nil)
		}
	}
	if err := c.endpoint(q.Get("endpoint")); err != nil {
		return Config{}, err
	}
	c.PathStyle = !c.amazon()
	for name, values := range q {
		if len(values) != 1 || values[0] == "" {
			return Config{}, bad("must give "+strconv.Quote(name)+" one value", nil)
		}
		v := values[0]
		switch name {
		case "endpoint":
		case "region":
			c.Region = v
		case "ca_file":
			c.CAFile = v
		case "path_style":
			if c.PathStyle, err = strconv.ParseBool(v); err != nil {
				return Config{}, bad("must say path_style=true or path_style=false", nil)
			}
		case "checksum":
			if v != "crc32c" && v != "none" {
				return Config{}, bad("must say checksum=crc32c or checksum=none", nil)
			}
			c.Checksums = v == "crc32c"
		default:
			return Config{}, bad("has an unknown setting "+strconv.Quote(name)+"; endpoint, region, path_style, checksum and ca_file are known", nil)
		}
	}
	return c, nil
}

func (c *Config) endpoint(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || raw == "" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return bad("must say endpoint=https://host or endpoint=https://host:port", nil)
	}
	c.Host = strings.ToLower(u.Hostname())
	switch u.Scheme {
	case "https":
		c.Secure, c.Port = true, 443
	case "http":
		c.Port = 80
		if a, err := netip.ParseAddr(c.Host); c.Host != "localhost" && (err != nil || !a.IsLoopback()) {
			return bad("must use https:// for an endpoint that is not on this machine: files would cross the network in the clear", nil)
		}
	default:
		return bad("must say endpoint=https://host", nil)
	}
	if p := u.Port(); p != "" {
		if c.Port, err = strconv.Atoi(p); err != nil || c.Port < 1 || c.Port > 65535 {
			return bad("has an impossible port in its endpoint", nil)
		}
	}
	return nil
}

// amazon reports whether the endpoint is one of Amazon's, which will stop to
// serve path style.
func (c Config) amazon() bool { return strings.HasSuffix(c.Host, ".amazonaws.com") }

// DialHost is the host that is really dialled: what the egress gate must know.
func (c Config) DialHost() string {
	if c.PathStyle {
		return c.Host
	}
	return c.Bucket + "." + c.Host
}

func (c Config) address() string {
	if c.Secure && c.Port == 443 || !c.Secure && c.Port == 80 {
		if strings.Contains(c.Host, ":") {
			return "[" + c.Host + "]"
		}
		return c.Host
	}
	return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}

func bad(what string, err error) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: CodeConfig, Err: err,
		Text: fmt.Sprintf("The storage URL %s. Its form is s3://bucket/prefix?endpoint=https://host&region=region.", what),
	}
}
