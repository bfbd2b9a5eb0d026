package kmskeys

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
)

// maxKeyIDSize is the length in bytes of the longest KeyId that KMS takes.
const maxKeyIDSize = 2048

// bareKeyID is a key ID that stands alone: a UUID, or that of a multi-Region key
// (Developer Guide, "Key identifiers"). Stand-ins for KMS use other IDs too, which can be
// given in an ARN.
var bareKeyID = regexp.MustCompile(`^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|mrk-[0-9a-fA-F]{32})$`)

// word is what a key ID in an ARN has: no more is known of those of stand-ins.
var word = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// A kmsKey is a KMS key as a configuration names it, in any of the four forms that
// KMS takes (Developer Guide, "Key identifiers").
type kmsKey struct {
	name  string // as it was given, and goes into requests
	form  keyForm
	place string // of an alias ARN: what stands before "alias/"
	id    string // the bare key ID; empty for an alias
}

type keyForm uint8

const (
	formKeyID keyForm = iota + 1
	formKeyARN
	formAlias
	formAliasARN
)

// parseKey reads Config.KeyID.
func parseKey(name string) (kmsKey, error) {
	switch {
	case name == "":
		return kmsKey{}, errors.New("set KeyID to the KMS key: its key ID, key ARN, alias name (alias/...) or alias ARN")
	case len(name) > maxKeyIDSize:
		return kmsKey{}, fmt.Errorf("KeyID has %d bytes: KMS takes at most %d", len(name), maxKeyIDSize)
	case strings.HasPrefix(name, "arn:"):
		return parseKeyARN(name)
	case strings.HasPrefix(name, "alias/") && len(name) > len("alias/"):
		return kmsKey{name: name, form: formAlias}, nil
	case !bareKeyID.MatchString(name):
		return kmsKey{}, fmt.Errorf("KeyID is %s: set it to KMS's name for the key, which is a key ID (a UUID, or mrk- and 32 hexadecimal digits), "+
			"a key ARN, an alias name (alias/...) or an alias ARN; what tokens call the key is Kid", redact.Quote(name))
	}
	return kmsKey{name: name, form: formKeyID, id: name}, nil
}

func parseKeyARN(name string) (kmsKey, error) {
	a, ok := parseARN(name)
	if !ok {
		return kmsKey{}, fmt.Errorf("KeyID is %s: a key ARN is arn:aws:kms:REGION:ACCOUNT:key/ID, an alias ARN ends in alias/NAME", redact.Quote(name))
	}
	if a.keyID() != "" {
		return kmsKey{name: name, form: formKeyARN, id: a.keyID()}, nil
	}
	return kmsKey{name: name, form: formAliasARN, place: a.place}, nil
}

// isAlias reports whether the name can be pointed at another key.
func (k kmsKey) isAlias() bool { return k.id == "" }

// answeredBy reports whether the KeyId of an answer, which is a key ARN, can be that of
// this key. For a key ARN it must be the same, to the letter: keys of one mrk- ID in
// several Regions have the same ID and key material, and an ARN each, and KMS answers
// with that of its own Region. For a key ID the ID must be the same, and for an alias ARN
// the partition, Region and account. What an alias stands for only KMS knows.
func (k kmsKey) answeredBy(keyID *string) bool {
	if keyID == nil {
		return false
	}
	a, _ := parseARN(*keyID)
	if a.keyID() == "" {
		return false
	}
	switch k.form {
	case formKeyARN:
		return *keyID == k.name
	case formKeyID:
		return a.keyID() == k.id
	case formAliasARN:
		return a.place == k.place
	case formAlias:
		return true
	}
	return false
}

// checkAnswer returns an error if an answer is not of this key.
func (k kmsKey) checkAnswer(keyID *string) error {
	if k.answeredBy(keyID) {
		return nil
	}
	return wrongAnswer("another key than " + redact.Quote(k.name))
}

// kid returns the kid of tokens: the configured one, or the bare key ID.
func (k kmsKey) kid(configured string) (string, error) {
	switch {
	case configured != "":
		return configured, checkKid(configured)
	case k.isAlias():
		return "", errors.New("set Kid: KeyID is an alias, which does not say which key it stands for; " +
			"the key ID behind it, or its JWK thumbprint, is a good kid")
	}
	return k.id, checkKid(k.id)
}

func checkKid(kid string) error {
	if err := jose.CheckKid(kid); err != nil {
		return fmt.Errorf("Kid: %w", err)
	}
	return nil
}

// aliasRefusalAge is how long a refusal is remembered that another key behind an alias
// would not have given: it takes a while to get about in KMS that an alias is pointed at
// another key.
const aliasRefusalAge = time.Second

// refusalAge returns how long to remember that KMS has refused what a token brings, with err
// as the reason. A key that has a name of its own always gives the same answer.
func (k kmsKey) refusalAge(err error, maxAge time.Duration) time.Duration {
	if k.isAlias() && codeOf(err) != "InvalidCiphertextException" {
		return min(maxAge, aliasRefusalAge)
	}
	return maxAge
}

// An arn is that of a KMS key or alias.
type arn struct {
	place    string // "arn:partition:kms:region:account:"
	resource string // "key/..." or "alias/..."
}

func parseARN(text string) (arn, bool) {
	part := strings.Split(text, ":")
	if len(part) != 6 || part[0] != "arn" || part[1] == "" || part[2] != "kms" || part[3] == "" || part[4] == "" {
		return arn{}, false
	}
	a := arn{place: text[:len(text)-len(part[5])], resource: part[5]}
	alias, isAlias := strings.CutPrefix(a.resource, "alias/")
	return a, a.keyID() != "" || isAlias && alias != ""
}

// keyID returns the key ID in a key ARN, empty for an alias.
func (a arn) keyID() string {
	id, isKey := strings.CutPrefix(a.resource, "key/")
	if !isKey || !word.MatchString(id) {
		return ""
	}
	return id
}
