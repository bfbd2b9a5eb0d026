package authorizertest_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
	"github.com/lambdajwt/authorizer/policy"
)

// A ticket is a token, and what is true of it.
type ticket struct {
	header  string
	origin  *origin // nil for what is no token at all
	scopes  []string
	expires time.Time
	forged  bool
	strange bool   // another key than the origin's has signed it
	bound   string // the way, empty for a bearer token
	holder  int
	foreign bool // it is for another audience
}

var scopeSets = [][]string{nil, {"read"}, {"write"}, {"read", "write"}}

// ticket returns a token of one kind or another: most are good, and used before.
func (c *city) ticket(rng *rand.Rand) ticket {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.tickets); n > 300 {
		c.tickets = slices.Delete(c.tickets, 0, 100)
	}
	if n := len(c.tickets); n > 20 && rng.IntN(10) > 0 {
		used := c.tickets[rng.IntN(n)]
		if rng.IntN(8) == 0 { // one bit of it is wrong
			i := len(used.header) - 2 - rng.IntN(40) // not the last, which may be none of base64 then
			other := "A"
			if used.header[i] == 'A' {
				other = "B"
			}
			used.header = used.header[:i] + other + used.header[i+1:]
			used.forged = true
		}
		return used
	}
	switch rng.IntN(12) {
	case 0:
		return ticket{}
	case 1:
		return ticket{header: "Bearer " + []string{"x", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", strings.Repeat("A", 9000)}[rng.IntN(5)]}
	}
	made := c.mint(rng)
	c.tickets = append(c.tickets, made)
	return made
}

// mint returns a new token, seldom a forged one.
func (c *city) mint(rng *rand.Rand) ticket {
	o := c.origins[rng.IntN(len(c.origins))]
	made := ticket{origin: o, scopes: scopeSets[rng.IntN(len(scopeSets))], holder: rng.IntN(len(c.holders))}
	by := o.issuer
	switch rng.IntN(20) {
	case 0, 1:
		made.forged, made.strange, by = true, true, o.stranger
	case 2:
		made.foreign, by = true, o.elsewhere
	}
	claims, scheme := map[string]any{"scope": strings.Join(made.scopes, " ")}, "Bearer "
	switch rng.IntN(5) {
	case 0:
		made.bound, scheme = byKey, "DPoP "
		claims["cnf"] = map[string]string{byKey: c.holders[made.holder].key.Public().Thumbprint()}
	case 1:
		made.bound = byCertificate
		hash := sha256.Sum256(c.holders[made.holder].certificate.Raw)
		claims["cnf"] = map[string]string{byCertificate: base64.RawURLEncoding.EncodeToString(hash[:])}
	}
	token, err := by.Issue(context.Background(), fmt.Sprint("user-", rng.IntN(100)), claims)
	if err != nil {
		c.t.Error(err)
		return ticket{}
	}
	made.header, made.expires = scheme+token, c.expiry(token)
	return made
}

// expiry returns the exp of a token.
func (c *city) expiry(token string) time.Time {
	var claims struct{ Exp int64 }
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		c.t.Error(err)
	}
	return time.Unix(claims.Exp, 0)
}

// evidence is what comes with a token, to show who sends it.
type evidence struct {
	what        string
	shows       bool // that the token's holder sends it
	asBearer    bool // the token comes as if it were a bearer token
	proof       string
	certificate *x509.Certificate
}

// evidence returns what comes with a ticket: mostly what it takes.
func (c *city) evidence(rng *rand.Rand, k ticket, verb, path string) evidence {
	_, token, _ := strings.Cut(k.header, " ")
	own, other := c.holders[k.holder], c.holders[1-k.holder]
	n := rng.IntN(12)
	switch {
	case k.bound == "" && n < 6:
		return evidence{what: "nothing", shows: true}
	case k.bound == "" && n < 9: // which nobody has asked for
		return evidence{what: "a proof", shows: true, proof: c.proof(own.key, verb, path, token, 0)}
	case k.bound == "":
		return evidence{what: "a certificate", shows: true, certificate: own.certificate}
	case k.bound == byCertificate && n < 2:
		return evidence{what: "no certificate"}
	case k.bound == byCertificate && n < 4:
		return evidence{what: "the certificate of another", certificate: other.certificate}
	case k.bound == byCertificate && n < 5:
		return evidence{what: "a proof instead of a certificate", proof: c.proof(own.key, verb, path, token, 0)}
	case k.bound == byCertificate:
		return evidence{what: "its certificate", shows: true, certificate: own.certificate}
	}
	switch n {
	case 0:
		return evidence{what: "no proof"}
	case 1:
		return evidence{what: "a proof of another key", proof: c.proof(other.key, verb, path, token, 0)}
	case 2:
		return evidence{what: "a proof for another path", proof: c.proof(own.key, verb, path+"/other", token, 0)}
	case 3:
		return evidence{what: "a proof for another token", proof: c.proof(own.key, verb, path, token+"A", 0)}
	case 4:
		return evidence{what: "a proof for another method", proof: c.proof(own.key, "PATCH", path, token, 0)}
	case 5:
		return evidence{what: "a proof that is too old", proof: c.proof(own.key, verb, path, token, proofWindow+c.late+time.Minute)}
	case 6:
		return evidence{what: "its proof as a bearer token", asBearer: true, proof: c.proof(own.key, verb, path, token, 0)}
	}
	return evidence{what: "its proof", shows: true, proof: c.proof(own.key, verb, path, token, 0)}
}

// proof returns what the holder of a key has signed some time ago for one request with a token.
func (c *city) proof(key *keys.PrivateKey, verb, path, token string, age time.Duration) string {
	hash := sha256.Sum256([]byte(token))
	proof, method, err := golangjwt.NewWithClaims(context.Background(), key, jwt.MapClaims{
		"jti": fmt.Sprint(c.proofs.Add(1)), "htm": verb, "htu": "https://" + storyHost + path, "iat": c.now().Add(-age).Unix(),
		"ath": base64.RawURLEncoding.EncodeToString(hash[:]),
	})
	if err != nil {
		c.t.Error(err)
		return ""
	}
	proof.Header["typ"], proof.Header["jwk"] = "dpop+jwt", key.Public()
	text, err := proof.SignedString(method)
	if err != nil {
		c.t.Error(err)
	}
	return text
}

// visit makes one request with a ticket, and once more if a good proof came with it.
func (c *city) visit(rng *rand.Rand, k ticket, i int) (status int) {
	r, verb, path, called := c.request(rng, c.doors[i])
	e := c.evidence(rng, k, verb, called)
	status = c.ask(i, k, r, verb, path, e)
	if e.what == "its proof" && slices.Contains(c.doors[i].takes, byKey) && (status == 200 || status == 403) { // otherwise it is not used up
		e.what, e.shows = "a used proof", false
		c.ask(i, k, r, verb, path, e)
	}
	return status
}

// ask makes a request and holds the answer against what may be said of it.
func (c *city) ask(i int, k ticket, r policy.Route, verb, path string, e evidence) int {
	outage := int64(0)
	if k.origin != nil {
		outage = k.origin.depends.outage.Load()
	}
	began := c.now()
	header := k.header
	if e.asBearer {
		header = strings.Replace(header, "DPoP ", "Bearer ", 1)
	}
	status, key := ask(c.gateways[i], verb, path, header, e)
	ended := c.now()
	down := outage > 0 && k.origin.depends.outage.Load() == outage // all the time
	may := c.answers(c.doors[i], k, r, e, down, began, ended)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses[fmt.Sprint(status)]++
	c.statuses[fmt.Sprint(c.doors[i].kind, ": ", status)]++
	if len(may) == 1 && may[0] == 500 {
		c.undone[k.origin.depends.name]++
	}
	if d := c.doors[i]; !k.forged && !k.foreign && !began.Before(k.expires) && k.origin != nil {
		c.bound[fmt.Sprintf("expired, cached %v: %d", d.cached, status)]++
	}
	switch {
	case k.origin == nil && header != "":
		c.bound[fmt.Sprintf("no token: %d", status)]++
	case k.strange:
		c.bound[fmt.Sprintf("of another key: %d", status)]++
	case k.forged:
		c.bound[fmt.Sprintf("with a wrong bit: %d", status)]++
	}
	if k.foreign && !k.forged {
		c.bound[fmt.Sprintf("for another audience: %d", status)]++
	}
	if d := c.doors[i]; !k.forged && !k.foreign && began.Before(k.expires) && (slices.Contains(d.takes, k.bound) || k.bound == "" && d.needs != "") {
		c.bound[fmt.Sprintf("%s%s: %d", e.what, map[bool]string{true: " where the cache goes by it"}[d.needs != "" && d.needs == k.bound], status)]++
	}
	if !slices.Contains(may, status) || status == 200 && key != r.Key {
		c.t.Errorf("%s: %s %s with scopes %v, forged %v, bound by %q with %q, down %v, %v before its end: got %d %s, want one of %v",
			c.doors[i].name, verb, path, k.scopes, k.forged, k.bound, e.what, down, k.expires.Sub(began), status, key, may)
	}
	return status
}

// answers returns what the status of an answer may be.
func (c *city) answers(d cityDoor, k ticket, r policy.Route, e evidence, down bool, began, ended time.Time) []int {
	if k.origin == nil ||
		k.bound == byKey && !e.asBearer && len(d.takes) == 0 || // whose scheme nobody expects there
		d.needs == byKey && e.proof == "" || d.needs == byCertificate && e.certificate == nil { // the gateway itself refuses it
		return []int{401}
	}
	// Where nobody knows what this is, nobody may say that it is wrong.
	if down && ended.Before(k.expires) && !k.foreign && k.origin.onlyItKnows(k, began) {
		return []int{500}
	}
	var may []int
	open := r.AnyToken || slices.ContainsFunc(r.Scopes, func(all string) bool {
		return !slices.ContainsFunc(strings.Fields(all), func(s string) bool { return !slices.Contains(k.scopes, s) })
	})
	granted := 403
	if open {
		granted = 200
	}
	switch {
	case k.forged || k.foreign:
		may = []int{401}
	case e.what == "a used proof" && d.needs == byKey: // out of the gateway's cache, as long as it is there
		may = []int{granted, 401, 403}
	case k.bound != "" && d.needs != "" && d.needs != k.bound: // a mistake of the setup, which must not let a thief in
		may = []int{500, 401}
	case k.bound != "" && !(e.shows && slices.Contains(d.takes, k.bound)):
		may = []int{401}
	case !began.Before(k.expires) && d.cached:
		may = []int{401, 403} // a policy in the cache has ended with the token
	case !began.Before(k.expires):
		may = []int{401}
	case !ended.Before(k.expires):
		may = []int{200, 401, 403}
	default:
		may = []int{granted}
	}
	// What was verified before, or is verified by keys that were there before, is decided
	// without what is down. A forgery makes it look for newer keys.
	if k.origin.depends.isTroubled(began) && (k.forged || k.origin.asked != nil) {
		may = append(may, 500)
	}
	return may
}
