package main

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// A question is what a client asks for in the name of the user (RFC 6749 section 4.1.1, RFC
// 7636 section 4.3, RFC 8707 section 2). A code holds it.
type question struct {
	ClientID    string `json:"client_id"`
	RedirectURI string `json:"redirect_uri"`
	Challenge   string `json:"code_challenge"`
	Scope       string `json:"scope"`
}

// hash is a SHA-256 in base64url.
var hash = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// read reads a client's question. A problem that is not to be told the client, because it is
// not sure who that is, comes without a place to send the user back to.
func (i *issuer) read(values url.Values) (q question, back, problem string) {
	q = question{values.Get("client_id"), values.Get("redirect_uri"), values.Get("code_challenge"), values.Get("scope")}
	if q.Scope == "" {
		q.Scope = scope
	}
	switch {
	case q.ClientID != clientID:
		return q, "", "This client is not known."
	case !isLoopback(q.RedirectURI):
		return q, "", "A client must be on this machine: redirect_uri has to be an address such as http://localhost:1234/callback."
	case values.Get("response_type") != "code":
		return q, q.RedirectURI, "unsupported_response_type"
	case values.Get("code_challenge_method") != "S256" || !hash.MatchString(q.Challenge):
		return q, q.RedirectURI, "invalid_request"
	case q.Scope != scope:
		return q, q.RedirectURI, "invalid_scope"
	case values.Get("resource") != i.set.resource:
		return q, q.RedirectURI, "invalid_target"
	}
	return q, q.RedirectURI, ""
}

var page = template.Must(template.New("login").Parse(`<!doctype html>
<meta charset="utf-8">
<title>Log in</title>
<form method="post">
<p>A program on this machine wants to see your orders.
<p><label>User <input name="user" autocomplete="username"></label>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label>
{{if .}}<p>{{.}}
{{end}}<p><button>Log in, and let it</button>
</form>
`))

// showLogin shows the form. Its answer goes to the same address, with the question in it.
func (i *issuer) showLogin(w http.ResponseWriter, r *http.Request) {
	if _, ok := i.ask(w, r); ok {
		showPage(w, http.StatusOK, "")
	}
}

// ask reads the question of a request, or answers what is wrong with it.
func (i *issuer) ask(w http.ResponseWriter, r *http.Request) (q question, ok bool) {
	q, back, problem := i.read(r.URL.Query())
	switch {
	case problem == "":
		return q, true
	case back == "":
		http.Error(w, problem, http.StatusBadRequest)
	default:
		i.sendBack(w, r, back, url.Values{"error": {problem}})
	}
	return q, false
}

func showPage(w http.ResponseWriter, status int, remark string) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'") // nobody frames it
	w.WriteHeader(status)
	_ = page.Execute(w, remark) // the browser has gone
}

// authorize gives the client a code, if the user's name and password are right.
func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q, ok := i.ask(w, r)
	if !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	form, err := json.Marshal(map[string]string{"user": r.PostFormValue("user"), "password": r.PostFormValue("password")})
	if err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	user, ok := i.user.Authenticate(string(form))
	if !ok {
		showPage(w, http.StatusForbidden, "The user or the password is wrong.")
		return
	}
	code, err := i.codes.Issue(r.Context(), user, q)
	if err != nil {
		i.set.logger.ErrorContext(r.Context(), "no code could be made", "user", user, "error", err)
		http.Error(w, "no code could be made", http.StatusInternalServerError)
		return
	}
	i.sendBack(w, r, q.RedirectURI, url.Values{"code": {code}})
}

// sendBack sends the user back to the client.
func (i *issuer) sendBack(w http.ResponseWriter, r *http.Request, back string, answer url.Values) {
	answer.Set("iss", i.set.issuer) // RFC 9207
	if state := r.URL.Query().Get("state"); state != "" {
		answer.Set("state", state)
	}
	separator := "?"
	if strings.Contains(back, "?") {
		separator = "&"
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, back+separator+answer.Encode(), http.StatusSeeOther)
}
