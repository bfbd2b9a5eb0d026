package kmstest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A Harness is the KMS that [Contract] tests.
type Harness struct {
	// API reaches it. Required.
	API API

	// Refuses lists the specs that CreateKey answers with
	// UnsupportedOperationException: [Refused] for a KMS of this package. All others
	// of those that Contract goes through must work.
	Refuses []types.KeySpec

	// Other reaches the same account in another Region of the partition. Nil leaves
	// out the tests of ReplicateKey.
	Other API
}

// Contract is what a KMS does, as tests: run it against a [KMS] in memory, against
// one behind a kms.Client, against another emulator or against AWS itself, and what
// passes on all of them can be relied on.
//
// What a server answers otherwise, or leaves out, is reported as a failure.
//
// It makes some seventy keys and a few aliases, and schedules their deletion when it
// ends. On AWS, keys that are pending deletion cost nothing; since AWS is only
// eventually consistent, the tests on aliases and key states may need a second run.
func Contract(t *testing.T, h Harness) {
	t.Helper()
	if h.API == nil {
		t.Fatal("kmstest: a Harness needs an API")
	}
	for _, s := range (contract{h}).suites() {
		t.Run(s.name, s.run)
	}
}

// A suite is a part of the contract.
type suite struct {
	name string
	run  func(*testing.T)
}

func (c contract) suites() []suite {
	return []suite{
		{"keys", c.keys},
		{"states", c.states},
		{"lists", c.lists},
		{"aliases", c.aliases},
		{"tags", c.tags},
		{"policies", c.policies},
		{"rotation", c.rotations},
		{"replicas", c.replicates},
		{"signatures", c.signatures},
		{"MACs", c.macs},
		{"ciphertexts", c.ciphertexts},
		{"ciphertexts of RSA", c.oaep},
		{"random bytes", c.random},
		{"usage", c.usage},
		{"dry runs", c.dryRuns},
	}
}

// contract has the tests. Each makes the keys that it needs.
type contract struct{ Harness }

// A kind is a key spec of the contract, with what CreateKey and DescribeKey say of it.
type kind struct {
	spec       types.KeySpec
	usage      types.KeyUsageType
	encryption []types.EncryptionAlgorithmSpec
	signing    []types.SigningAlgorithmSpec
	mac        []types.MacAlgorithmSpec
}

func (k kind) String() string { return string(k.spec) + " for " + string(k.usage) }

// kinds are the key specs that tokens can use (KMS Developer Guide, "Key spec
// reference").
func kinds() []kind {
	rsa := []types.SigningAlgorithmSpec{
		"RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
		"RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512",
	}
	signs := func(spec types.KeySpec, algorithms ...types.SigningAlgorithmSpec) kind {
		return kind{spec: spec, usage: types.KeyUsageTypeSignVerify, signing: algorithms}
	}
	encrypts := func(spec types.KeySpec, algorithms ...types.EncryptionAlgorithmSpec) kind {
		return kind{spec: spec, usage: types.KeyUsageTypeEncryptDecrypt, encryption: algorithms}
	}
	macs := func(spec types.KeySpec, algorithm types.MacAlgorithmSpec) kind {
		return kind{spec: spec, usage: types.KeyUsageTypeGenerateVerifyMac, mac: []types.MacAlgorithmSpec{algorithm}}
	}
	return []kind{
		encrypts(types.KeySpecSymmetricDefault, "SYMMETRIC_DEFAULT"),
		encrypts(types.KeySpecRsa2048, "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"),
		encrypts(types.KeySpecRsa3072, "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"),
		encrypts(types.KeySpecRsa4096, "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"),
		signs(types.KeySpecRsa2048, rsa...),
		signs(types.KeySpecRsa3072, rsa...),
		signs(types.KeySpecRsa4096, rsa...),
		signs(types.KeySpecEccNistP256, "ECDSA_SHA_256"),
		signs(types.KeySpecEccNistP384, "ECDSA_SHA_384"),
		signs(types.KeySpecEccNistP521, "ECDSA_SHA_512"),
		signs(types.KeySpecEccSecgP256k1, "ECDSA_SHA_256"),
		signs(types.KeySpecEccNistEdwards25519, "ED25519_SHA_512", "ED25519_PH_SHA_512"),
		signs(types.KeySpecMlDsa44, "ML_DSA_SHAKE_256"),
		signs(types.KeySpecMlDsa65, "ML_DSA_SHAKE_256"),
		signs(types.KeySpecMlDsa87, "ML_DSA_SHAKE_256"),
		macs(types.KeySpecHmac224, "HMAC_SHA_224"),
		macs(types.KeySpecHmac256, "HMAC_SHA_256"),
		macs(types.KeySpecHmac384, "HMAC_SHA_384"),
		macs(types.KeySpecHmac512, "HMAC_SHA_512"),
	}
}

// kindsFor returns the kinds for a usage that the KMS has.
func (c contract) kindsFor(usage types.KeyUsageType) []kind {
	return slices.DeleteFunc(kinds(), func(k kind) bool {
		return k.usage != usage || slices.Contains(c.Refuses, k.spec)
	})
}

const contractDescription = "kmstest.Contract"

// create makes a key, and has it deleted when the test ends.
func (c contract) create(t *testing.T, spec types.KeySpec, usage types.KeyUsageType) *types.KeyMetadata {
	t.Helper()
	return c.createAs(t, &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
}

func (c contract) createAs(t *testing.T, in *kms.CreateKeyInput) *types.KeyMetadata {
	t.Helper()
	description := contractDescription
	in.Description = &description
	key := send(t, c.API.CreateKey, in).KeyMetadata
	if key == nil || deref(key.KeyId) == "" || deref(key.Arn) == "" {
		t.Fatalf("CreateKey %s: a key without KeyId or Arn: %+v", in.KeySpec, key)
	}
	deleteLater(t, c.API, key.KeyId)
	return key
}

func deleteLater(t *testing.T, api API, key *string) {
	t.Helper()
	t.Cleanup(func() {
		days := int32(7)
		// The test's own context has ended. That the key may be pending deletion
		// already is no failure.
		_, _ = api.ScheduleKeyDeletion(context.Background(), &kms.ScheduleKeyDeletionInput{KeyId: key, PendingWindowInDays: &days})
	})
}

func (c contract) createSymmetric(t *testing.T) *types.KeyMetadata {
	t.Helper()
	return c.create(t, types.KeySpecSymmetricDefault, types.KeyUsageTypeEncryptDecrypt)
}

func (c contract) createP256(t *testing.T) *types.KeyMetadata {
	t.Helper()
	return c.create(t, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
}

func (c contract) createHMAC(t *testing.T) *types.KeyMetadata {
	t.Helper()
	return c.create(t, types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)
}

// send calls an operation that must succeed.
func send[In, Out any](t *testing.T, operation func(context.Context, *In, ...func(*kms.Options)) (*Out, error), in *In) *Out {
	t.Helper()
	out, err := operation(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if out == nil {
		t.Fatalf("neither an answer nor an error to a %T", in)
	}
	return out
}

// wantKey fails the test unless an answer names the key that it should, by its ARN.
func wantKey(t *testing.T, operation string, got, want *string) {
	t.Helper()
	if deref(got) != *want {
		t.Errorf("%s: the answer names the key %q, want %s", operation, deref(got), *want)
	}
}

// wantBytes ends the test unless an answer has bytes: what follows uses them.
func wantBytes(t *testing.T, operation string, got []byte) {
	t.Helper()
	if len(got) == 0 {
		t.Fatalf("%s: the answer lacks its bytes", operation)
	}
}

// wantCode fails the test unless err has the code of an AWS error.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var c coded
	if !errors.As(err, &c) {
		t.Errorf("got the error %v, want one with the code %s", err, code)
		return
	}
	if c.ErrorCode() != code {
		t.Errorf("got the code %s (%v), want %s", c.ErrorCode(), err, code)
	}
}
