// SPDX-License-Identifier: Apache-2.0

package webapp

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"tillgang/internal/access"
	"tillgang/internal/account"
	"tillgang/internal/fault"
	"tillgang/internal/secret"
)

// Names of the cookies, as internal/httpapi has them: both doors serve the
// same sessions.
const (
	cookieTLS    = "__Host-s"
	cookiePlain  = "tg_s"
	deviceTLS    = "__Host-dev"
	devicePlain  = "tg_dev"
	deviceMaxAge = 365 * 24 * 60 * 60
)

func (d *door) overTLS() bool { return strings.HasPrefix(d.BaseURL, "https://") }

func (d *door) cookieName(tls, plain string) string {
	if d.overTLS() {
		return tls
	}
	return plain
}

func (v *visit) cookie(tls, plain string) string {
	c, err := v.r.Cookie(v.cookieName(tls, plain))
	if err != nil {
		return ""
	}
	return c.Value
}

func (v *visit) setCookie(tls, plain, value string, maxAge int) {
	http.SetCookie(v.w, &http.Cookie{ //nolint:gosec // G124: Secure whenever the site is reached over TLS
		Name: v.cookieName(tls, plain), Value: value, Path: "/", MaxAge: maxAge,
		Secure: v.overTLS(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// remote is the address that the request comes from, behind trusted proxies.
func (v *visit) remote() netip.Addr {
	host, _, err := net.SplitHostPort(v.r.RemoteAddr)
	if err != nil {
		host = v.r.RemoteAddr
	}
	addr, _ := netip.ParseAddr(host)
	addr = addr.Unmap()
	hops := strings.Split(v.r.Header.Get("X-Forwarded-For"), ",")
	for i := len(hops) - 1; i >= 0 && v.trusted(addr); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = next.Unmap()
	}
	return addr
}

func (d *door) trusted(a netip.Addr) bool {
	for _, p := range d.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

type signInView struct {
	Email, To, Problem string
}

func (d *door) signInPage(v *visit) error {
	if v.who.Kind != access.Nobody {
		return v.redirect("/")
	}
	return v.show(http.StatusOK, "sign-in", v.say("sign_in"), signInView{To: inside(v.r.URL.Query().Get("to"))})
}

func (d *door) signIn(v *visit) error {
	in, err := d.Accounts.SignIn(v.ctx, account.Attempt{
		Email: v.r.PostFormValue("email"), Password: secret.Exactly(v.r.PostFormValue("password")),
		Device: v.cookie(deviceTLS, devicePlain), Network: account.Network(v.remote()), Browser: browserName(v.r),
	})
	if err != nil {
		return v.again(err, "sign-in", v.say("sign_in"), func(problem string) any {
			return signInView{Email: v.r.PostFormValue("email"), To: inside(v.r.PostFormValue("to")), Problem: problem}
		})
	}
	v.begin(in)
	return v.redirect(inside(v.r.PostFormValue("to")))
}

func (v *visit) begin(in account.SignedIn) {
	v.setCookie(cookieTLS, cookiePlain, in.Token, 0)
	if in.Device != "" {
		v.setCookie(deviceTLS, devicePlain, in.Device, deviceMaxAge)
	}
}

func (d *door) linkPage(v *visit) error {
	return v.show(http.StatusOK, "link", v.say("sign_in"), signInView{})
}

func (d *door) redeemLink(v *visit) error {
	token := strings.TrimSpace(v.r.PostFormValue("token"))
	if i := strings.LastIndexByte(token, '#'); i >= 0 { // the whole link was pasted
		token = token[i+1:]
	}
	in, err := d.Accounts.RedeemLink(v.ctx, token, browserName(v.r), account.Network(v.remote()))
	if err != nil {
		return v.again(err, "link", v.say("sign_in"), func(problem string) any { return signInView{Problem: problem} })
	}
	v.begin(in)
	if in.NeedPassword {
		return v.redirect("/password")
	}
	return v.redirect("/")
}

func (d *door) signOut(v *visit) error {
	if err := d.Accounts.SignOut(v.ctx, v.who); err != nil {
		return err
	}
	v.setCookie(cookieTLS, cookiePlain, "", -1)
	return v.redirect("/sign-in")
}

type passwordView struct {
	NeedPresent bool
	Problem     string
}

func (d *door) passwordPage(v *visit) error {
	return v.show(http.StatusOK, "password", v.say("password_set"), passwordView{NeedPresent: !v.me.NeedPassword})
}

func (d *door) setPassword(v *visit) error {
	next, twice := v.r.PostFormValue("password"), v.r.PostFormValue("twice")
	err := error(fault.New(fault.Invalid, "password.different", v.say("password_different")))
	if next == twice {
		err = d.Accounts.SetPassword(v.ctx, v.who, secret.Exactly(v.r.PostFormValue("present")), secret.Exactly(next))
	}
	if err != nil {
		return v.again(err, "password", v.say("password_set"), func(problem string) any {
			return passwordView{NeedPresent: !v.me.NeedPassword, Problem: problem}
		})
	}
	return v.redirect("/?" + url.Values{"done": {"password"}}.Encode())
}

// browserName makes a short word of the user agent, for the list of one's
// sessions. The user agent itself is not kept.
func browserName(r *http.Request) string {
	ua := r.UserAgent()
	name, system := "Browser", ""
	for _, b := range [][2]string{{"Edg/", "Edge"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if strings.Contains(ua, b[0]) {
			name = b[1]
			break
		}
	}
	for _, o := range [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(ua, o[0]) {
			system = " on " + o[1]
			break
		}
	}
	return name + system
}
