package kmskeys_test

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestEnvelopesThatCannotWorkAreRefusedWithWhatToDo(t *testing.T) {
	good := func() kmskeys.EnvelopeConfig { return envelopeConfig("alias/login") }
	for name, test := range map[string]struct {
		change func(*kmskeys.EnvelopeConfig)
		want   []string
	}{
		"no key":               {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "" }, []string{"set KeyID"}},
		"an alias bare":        {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "alias/" }, []string{"alias/..."}},
		"a key of spaces":      {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "my key" }, []string{"my key", "alias/..."}},
		"an endless key":       {func(c *kmskeys.EnvelopeConfig) { c.KeyID = strings.Repeat("k", 2049) }, []string{"2049", "2048"}},
		"an ARN of S3":         {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "arn:aws:s3:::bucket" }, []string{"arn:aws:kms:REGION"}},
		"an ARN of a role":     {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "arn:aws:kms:us-east-1:111122223333:role/r" }, []string{"key/ID"}},
		"an ARN of no account": {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "arn:aws:kms:us-east-1::key/" + someKey }, []string{"ACCOUNT"}},
		"an ARN of no Region":  {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "arn:aws:kms::111122223333:key/" + someKey }, []string{"REGION"}},
		"an ARN cut off":       {func(c *kmskeys.EnvelopeConfig) { c.KeyID = "arn:aws:kms:us-east-1:111122223333:key/" }, []string{"key/ID"}},
		"a public key's algorithm": {func(c *kmskeys.EnvelopeConfig) { c.Algorithm = "RS256" },
			[]string{"RS256", "HS256, HS384 or HS512"}},
		"no context":       {func(c *kmskeys.EnvelopeConfig) { c.EncryptionContext = nil }, []string{"TokenContext(issuer, audience)"}},
		"an empty issuer":  {func(c *kmskeys.EnvelopeConfig) { c.EncryptionContext = kmskeys.TokenContext("", "a") }, []string{`"iss"`, "empty"}},
		"an unnamed entry": {func(c *kmskeys.EnvelopeConfig) { c.EncryptionContext[""] = "value" }, []string{"empty"}},
		"a context in the blueprint's format": {func(c *kmskeys.EnvelopeConfig) { c.Format = kmskeys.BlueprintEnvelope },
			[]string{"no encryption context"}},
		"a context of one name in the blueprint's format": {func(c *kmskeys.EnvelopeConfig) {
			c.Format, c.EncryptionContext = kmskeys.BlueprintEnvelope, kmskeys.TokenContext(issuer)
		}, []string{"no encryption context"}},
		"HS512 in the blueprint's format": {func(c *kmskeys.EnvelopeConfig) {
			c.Format, c.EncryptionContext, c.Algorithm = kmskeys.BlueprintEnvelope, nil, "HS512"
		}, []string{"HS256"}},
		"an unknown format":   {func(c *kmskeys.EnvelopeConfig) { c.Format = 7 }, []string{"7", "BlueprintEnvelope"}},
		"a header with quote": {func(c *kmskeys.EnvelopeConfig) { c.Header = `e"k` }, []string{"letters"}},
		"an endless header":   {func(c *kmskeys.EnvelopeConfig) { c.Header = strings.Repeat("h", 65) }, []string{"64"}},
		"an endless kid":      {func(c *kmskeys.EnvelopeConfig) { c.Kid = strings.Repeat("k", 513) }, []string{"512"}},
		"a kid of bytes":      {func(c *kmskeys.EnvelopeConfig) { c.Kid = "\xff" }, []string{"UTF-8"}},
		"uses without time":   {func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens = 2 }, []string{"ReuseFor"}},
		"time without uses":   {func(c *kmskeys.EnvelopeConfig) { c.ReuseFor = time.Hour }, []string{"ReuseTokens"}},
		"uses for weeks":      {func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 2, 25*time.Hour }, []string{"24h"}},
		"negative uses":       {func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = -2, time.Hour }, []string{"ReuseTokens"}},
		"a negative cache":    {func(c *kmskeys.EnvelopeConfig) { c.CacheSize = -1 }, []string{"CacheSize", "10000"}},
		"an endless cache":    {func(c *kmskeys.EnvelopeConfig) { c.CacheSize = 1_000_001 }, []string{"CacheSize"}},
		"a cache for ever":    {func(c *kmskeys.EnvelopeConfig) { c.MaxAge = 25 * time.Hour }, []string{"MaxAge"}},
		"a cache of the past": {func(c *kmskeys.EnvelopeConfig) { c.MaxAge = -1 }, []string{"MaxAge"}},
		"endless grace":       {func(c *kmskeys.EnvelopeConfig) { c.Grace = 25 * time.Hour }, []string{"Grace", "none"}},
		"endless patience":    {func(c *kmskeys.EnvelopeConfig) { c.CallTimeout = 2 * time.Minute }, []string{"CallTimeout", "1m0s", "3s"}},
		"a moment's reuse":    {func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 2, time.Second-1 }, []string{"ReuseFor", "a second"}},
		"a negative rate":     {func(c *kmskeys.EnvelopeConfig) { c.DecryptRate = -1 }, []string{"DecryptRate"}},
		"a negative burst":    {func(c *kmskeys.EnvelopeConfig) { c.DecryptBurst = -1 }, []string{"DecryptBurst"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			cfg := good()
			test.change(&cfg)
			_, err := kmskeys.NewEnvelopeSigner(k, cfg)
			wantText(t, err, append(test.want, "kmskeys:")...)
			_, err = kmskeys.NewEnvelopeVerifier(k, cfg)
			wantText(t, err, append(test.want, "kmskeys:")...)
			wantCalls(t, k, "", 0)
		})
	}
}

func TestTheLargestSettingsAreTaken(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	const day, million = 24 * time.Hour, 1_000_000
	envelope := kmskeys.EnvelopeConfig{
		KeyID: "alias/" + strings.Repeat("a", 2042), Header: strings.Repeat("h", 64), Kid: strings.Repeat("k", 512),
		EncryptionContext: kmskeys.TokenContext(issuer), ReuseTokens: million, ReuseFor: day, CacheSize: million, MaxAge: day, Grace: day,
		CallTimeout: time.Minute, DecryptRate: million, DecryptBurst: million,
	}
	asymmetric := kmskeys.AsymmetricConfig{
		KeyID: someKey, Algorithm: "RS256", MaxAge: day, Grace: day, CallTimeout: time.Minute, VerifyRate: million, VerifyBurst: million,
	}
	mac := kmskeys.MACConfig{KeyID: someKey, MaxAge: day, CallTimeout: time.Minute, VerifyRate: million, VerifyBurst: million}
	for name, err := range map[string]error{
		"envelope": second(kmskeys.NewEnvelopeVerifier(k, envelope)), "asymmetric": second(kmskeys.NewAsymmetricVerifier(k, asymmetric)),
		"MAC": second(kmskeys.NewMACVerifier(k, mac)), "key ID": second(kmskeys.NewMACVerifier(k, kmskeys.MACConfig{KeyID: arnOf(strings.Repeat("k", 512))})),
		"key ID beside a kid": second(kmskeys.NewMACVerifier(k, kmskeys.MACConfig{KeyID: arnOf(strings.Repeat("k", 513)), Kid: "kid"})),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One more than the largest, and less than nothing, are said to be wrong by their name.
func TestSettingsBeyondTheLargestAreRefused(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	const day, million = 24 * time.Hour, 1_000_000
	largest := map[string]int64{
		"MaxAge": int64(day), "Grace": int64(day), "CallTimeout": int64(time.Minute), "CacheSize": million, "ReuseTokens": million, "ReuseFor": int64(day),
		"DecryptRate": million, "DecryptBurst": million, "VerifyRate": million, "VerifyBurst": million,
	}
	for name, test := range map[string]struct {
		cfg  any
		make func(cfg any) error
	}{
		"envelope signer": {envelopeConfig(someKey), func(cfg any) error { return second(kmskeys.NewEnvelopeSigner(k, cfg.(kmskeys.EnvelopeConfig))) }},
		"envelope":        {envelopeConfig(someKey), func(cfg any) error { return second(kmskeys.NewEnvelopeVerifier(k, cfg.(kmskeys.EnvelopeConfig))) }},
		"asymmetric": {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256"}, func(cfg any) error {
			return second(kmskeys.NewAsymmetricVerifier(k, cfg.(kmskeys.AsymmetricConfig)))
		}},
		"asymmetric remote": {kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "RS256"}, func(cfg any) error {
			return second(kmskeys.NewAsymmetricRemoteVerifier(k, cfg.(kmskeys.AsymmetricConfig)))
		}},
		"MAC": {kmskeys.MACConfig{KeyID: someKey}, func(cfg any) error { return second(kmskeys.NewMACVerifier(k, cfg.(kmskeys.MACConfig))) }},
	} {
		for setting, most := range largest {
			for value, want := range map[int64]bool{1: true, most: true, most + 1: setting == "ReuseTokens", -1: setting == "Grace"} {
				cfg := reflect.New(reflect.TypeOf(test.cfg)).Elem()
				cfg.Set(reflect.ValueOf(test.cfg))
				field := cfg.FieldByName(setting)
				if !field.IsValid() {
					continue
				}
				switch setting { // which go together
				case "ReuseTokens":
					cfg.FieldByName("ReuseFor").SetInt(int64(time.Minute))
				case "ReuseFor":
					cfg.FieldByName("ReuseTokens").SetInt(1)
					want = want && value >= int64(time.Second)
				}
				field.SetInt(value)
				if err := test.make(cfg.Interface()); (err == nil) != want || err != nil && !strings.Contains(err.Error(), setting) {
					t.Errorf("%s: %s of %d: %v", name, setting, value, err)
				}
			}
		}
	}
}

// The names of the IANA registry "JSON Web Signature and Encryption Header Parameters".
func TestADataKeyIsCarriedUnderNoNameThatHasAMeaning(t *testing.T) {
	for _, name := range []string{
		"alg", "apu", "apv", "aud", "b64", "crit", "cty", "enc", "epk", "iss", "iv", "jku", "jwk", "kid",
		"nonce", "p2c", "p2s", "ppt", "sub", "svt", "tag", "typ", "url", "x5c", "x5t", "x5u", "zip", "x5t#S256",
	} {
		cfg := envelopeConfig(someKey)
		cfg.Header = name
		_, err := kmskeys.NewEnvelopeSigner(kmstest.New(kmstest.Config{}), cfg)
		wantText(t, err, "Header", name, "a name of your own")
	}
}

func TestTokenContextBindsIssuerAndAudience(t *testing.T) {
	for name, test := range map[string]struct{ got, want map[string]string }{
		"one audience":                {kmskeys.TokenContext("i", "a"), map[string]string{"iss": "i", "aud": "a"}},
		"none":                        {kmskeys.TokenContext("i"), map[string]string{"iss": "i"}},
		"several":                     {kmskeys.TokenContext("i", "b", "a"), map[string]string{"iss": "i", "aud": `["a","b"]`}},
		"in another order":            {kmskeys.TokenContext("i", "a", "b", "a"), map[string]string{"iss": "i", "aud": `["a","b"]`}},
		"one with a comma":            {kmskeys.TokenContext("i", "a,b"), map[string]string{"iss": "i", "aud": "a,b"}},
		"one that looks like a list":  {kmskeys.TokenContext("i", `["a","b"]`), map[string]string{"iss": "i", "aud": `["[\"a\",\"b\"]"]`}},
		"one that begins like a list": {kmskeys.TokenContext("i", "["), map[string]string{"iss": "i", "aud": `["["]`}},
		"one twice is once":           {kmskeys.TokenContext("i", "a", "a"), map[string]string{"iss": "i", "aud": "a"}},
	} {
		if !maps.Equal(test.got, test.want) {
			t.Errorf("%s: %v, want %v", name, test.got, test.want)
		}
	}
	list := []string{"b", "a"}
	kmskeys.TokenContext("i", list...)
	if !slices.Equal(list, []string{"b", "a"}) {
		t.Error("the caller's audience was sorted")
	}
}

// KMS takes a KeySpec or a NumberOfBytes, never both, and would decrypt a blob under
// whatever key it names if no KeyId were sent.
func TestRequestsNameKeyLengthAndContext(t *testing.T) {
	for alg, size := range map[string]int32{"HS256": 0, "HS384": 48, "HS512": 64} {
		t.Run(alg, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			cfg.Algorithm = alg
			want := maps.Clone(cfg.EncryptionContext)
			watched := between{
				KMS: k,
				dataKeyRequest: func(in *kms.GenerateDataKeyInput) {
					if *in.KeyId != cfg.KeyID || !maps.Equal(in.EncryptionContext, want) {
						t.Errorf("key %s, context %v", *in.KeyId, in.EncryptionContext)
					}
					if size == 0 && (in.KeySpec != types.DataKeySpecAes256 || in.NumberOfBytes != nil) ||
						size != 0 && (in.KeySpec != "" || *in.NumberOfBytes != size) {
						t.Errorf("spec %q, bytes %v", in.KeySpec, in.NumberOfBytes)
					}
				},
				decryptRequest: func(in *kms.DecryptInput) {
					if in.KeyId == nil || *in.KeyId != cfg.KeyID || !maps.Equal(in.EncryptionContext, want) {
						t.Errorf("key %v, context %v", in.KeyId, in.EncryptionContext)
					}
				},
			}
			signer, verifier := envelopeSigner(t, watched, cfg), envelopeVerifier(t, watched, cfg)
			cfg.EncryptionContext["aud"] = "changed later"
			wantVerified(t, verifier, sign(t, signer))
			wantCalls(t, k, "GenerateDataKey", 1)
			wantCalls(t, k, "Decrypt", 1)
		})
	}
}

// Keys of one mrk- ID have an ARN in each Region, and KMS answers with its own.
func TestATokenIsVerifiedInAnotherRegionWithAMultiRegionKey(t *testing.T) {
	ctx := context.Background()
	east := kmstest.New(kmstest.Config{Region: "us-east-1"})
	west := east.In("us-west-2")
	multiRegion := true
	created, err := east.CreateKey(ctx, &kms.CreateKeyInput{MultiRegion: &multiRegion})
	if err != nil {
		t.Fatal(err)
	}
	eastARN := *created.KeyMetadata.Arn
	region := west.Region()
	replicated, err := east.ReplicateKey(ctx, &kms.ReplicateKeyInput{KeyId: &eastARN, ReplicaRegion: &region})
	if err != nil {
		t.Fatal(err)
	}
	westARN := *replicated.ReplicaKeyMetadata.Arn
	s := sign(t, envelopeSigner(t, east, envelopeConfig(eastARN)))
	wantVerified(t, envelopeVerifier(t, west, envelopeConfig(westARN)), s)
	wantVerified(t, envelopeVerifier(t, west, envelopeConfig(keyID(eastARN))), s)
	_, err = envelopeVerifier(t, west, envelopeConfig(eastARN)).VerificationKey(ctx, s.header)
	wantOutage(t, err) // KMS serves no ARN of another Region
	wantError(t, err, keys.ErrMisconfigured)
}

func TestTokensOfBeforeARotationOfKeyMaterialStayGood(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
	before := sign(t, envelopeSigner(t, k, cfg))
	if _, err := k.RotateKeyOnDemand(context.Background(), &kms.RotateKeyOnDemandInput{KeyId: &cfg.KeyID}); err != nil {
		t.Fatal(err)
	}
	wantVerified(t, envelopeVerifier(t, k, cfg), before)
	wantVerified(t, envelopeVerifier(t, k, cfg), sign(t, envelopeSigner(t, k, cfg)))
}
