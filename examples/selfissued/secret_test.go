package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

func kidThatSigns(t *testing.T, source keys.SigningSource) string {
	t.Helper()
	key, err := source.SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return key.Header().Kid
}

func TestARotationReachesAFunctionThatRuns(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	text := []byte(w.do("secret"))
	ring, err := newKeys(func(context.Context) ([]byte, error) { return text, nil }, func() time.Time { return w.now })
	if err != nil {
		t.Fatal(err)
	}
	if kid := kidThatSigns(t, ring); kid != firstKid {
		t.Errorf("%s signs", kid)
	}
	w.now = start.Add(24 * time.Hour)
	w.do("rotate")
	text = []byte(w.do("secret"))
	for _, step := range []struct {
		after time.Duration
		kid   string
	}{
		{0, firstKid},
		{keys.DefaultMaxAge, firstKid},
		{rotation.DefaultCacheTime + rotation.DefaultMargin, secondKid},
	} {
		w.now = start.Add(24*time.Hour + step.after)
		if kid := kidThatSigns(t, ring); kid != step.kid {
			t.Errorf("after %v %s signs, not %s", step.after, kid, step.kid)
		}
	}
}

func TestASecretHasNoKeyThatIsOfNoMoreUse(t *testing.T) {
	w := rotated(t)
	w.now = w.now.Add(24 * time.Hour)
	var s secret
	if err := json.Unmarshal([]byte(w.do("secret")), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Keys) != 1 || !strings.HasPrefix(s.Keys[secondKid], "-----BEGIN PRIVATE KEY-----") || len(s.Schedule.Keys) != 2 {
		t.Errorf("%d keys, %v", len(s.Keys), s.Schedule)
	}
}

func TestASecretThatIsDamagedIsSaidToBeAndNotShown(t *testing.T) {
	w := newWorkshop(t)
	w.do("init")
	good := w.do("secret")
	for name, test := range map[string]struct{ text, want string }{
		"empty":                       {"", "this is not what"},
		"no object":                   {"[]", "this is not what"},
		"cut off":                     {good[:len(good)/2], "this is not what"},
		"no schedule":                 {strings.Replace(good, `"schedule"`, `"plan"`, 1), "this is not what"},
		"without its key":             {strings.Replace(good, `"keys":{"`+firstKid, `"keys":{"another`, 1), "another"},
		"a key that is none":          {strings.Replace(good, "-----BEGIN", "-----", 1), "the private key"},
		"tokens that outlast the key": {strings.Replace(good, `"token_lifetime":"15m`, `"token_lifetime":"5m`, 1), "token_lifetime"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseSecret([]byte(test.text), func() time.Time { return start })
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "PRIVATE") {
				t.Errorf("error %v", err)
			}
		})
	}
}
