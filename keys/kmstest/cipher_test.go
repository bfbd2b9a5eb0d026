package kmstest_test

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestEveryFlippedBitOfACiphertextMakesItInvalid(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecSymmetricDefault)
	blob := encrypt(t, k, key)
	for i := range len(blob) * 8 {
		changed := bytes.Clone(blob)
		changed[i/8] ^= 1 << (i % 8)
		for _, id := range []*string{key, nil} {
			if _, err := decrypt(t.Context(), k, id, changed); codeOf(err) != "InvalidCiphertextException" {
				t.Fatalf("bit %d: got %v", i, err)
			}
		}
	}
	for i := range blob {
		if _, err := decrypt(t.Context(), k, key, blob[:i]); err == nil {
			t.Fatalf("the first %d bytes decrypt", i)
		}
	}
}

// A token's ciphertext comes from whoever sends it, who may have a KMS as well.
func TestACiphertextOfAnotherKMSIsNotDecrypted(t *testing.T) {
	ours, theirs := kmstest.New(kmstest.Config{}), kmstest.New(kmstest.Config{Account: "444455556666"})
	west := kmstest.New(kmstest.Config{Region: "us-west-2"})
	key := add(t, ours, types.KeySpecSymmetricDefault)
	for name, blob := range map[string][]byte{
		"another account's": encrypt(t, theirs, add(t, theirs, types.KeySpecSymmetricDefault)),
		"another Region's":  encrypt(t, west, add(t, west, types.KeySpecSymmetricDefault)),
		"another Region's, of a multi-Region key without replica here": encrypt(t, west, addMultiRegion(t, west).Arn),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decrypt(t.Context(), ours, key, blob)
			wantCode(t, err, "IncorrectKeyException")
			_, err = decrypt(t.Context(), ours, nil, blob)
			wantCode(t, err, "AccessDeniedException")
		})
	}
}

// Two KMSs can hold a key of the same bytes; its ciphertexts are still their own.
func TestTheSameKeyMaterialUnderAnotherKeyDecryptsNothing(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	material := bytes.Repeat([]byte{1}, 32)
	one, err := k.AddKey(types.KeySpecSymmetricDefault, material)
	if err != nil {
		t.Fatal(err)
	}
	other, err := k.AddKey(types.KeySpecSymmetricDefault, material)
	if err != nil {
		t.Fatal(err)
	}
	_, err = decrypt(t.Context(), k, &other, encrypt(t, k, &one))
	wantCode(t, err, "IncorrectKeyException")
}

func TestACiphertextIsAsLongAsOnAWS(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	out, err := k.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: add(t, k, types.KeySpecSymmetricDefault), KeySpec: types.DataKeySpecAes256})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.CiphertextBlob) != 184 {
		t.Errorf("%d bytes for a data key of 32, want 184", len(out.CiphertextBlob))
	}
}

func TestADisabledKeyIsFoundByItsCiphertext(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecSymmetricDefault)
	blob := encrypt(t, k, key)
	if _, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: key}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []*string{key, nil} {
		_, err := decrypt(t.Context(), k, id, blob)
		wantCode(t, err, "DisabledException")
	}
}

func TestDecryptRefusesWhatItCannotDo(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecSymmetricDefault)
	blob := encrypt(t, k, key)
	ignore := []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}
	for name, test := range map[string]struct {
		in   kms.DecryptInput
		code string
	}{
		"no ciphertext":                        {kms.DecryptInput{KeyId: key}, "ValidationException"},
		"an empty ciphertext":                  {kms.DecryptInput{KeyId: key, CiphertextBlob: []byte{}}, "ValidationException"},
		"a ciphertext of 6144 bytes":           {kms.DecryptInput{KeyId: key, CiphertextBlob: make([]byte, 6144)}, "InvalidCiphertextException"},
		"a ciphertext of 6145 bytes":           {kms.DecryptInput{KeyId: key, CiphertextBlob: make([]byte, 6145)}, "ValidationException"},
		"an algorithm of another key":          {kms.DecryptInput{KeyId: key, CiphertextBlob: blob, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256}, "InvalidKeyUsageException"},
		"an unknown algorithm":                 {kms.DecryptInput{KeyId: key, CiphertextBlob: blob, EncryptionAlgorithm: "ROT13"}, "ValidationException"},
		"an attested environment":              {kms.DecryptInput{KeyId: key, CiphertextBlob: blob, Recipient: &types.RecipientInfo{}}, "UnsupportedOperationException"},
		"a key for signing":                    {kms.DecryptInput{KeyId: add(t, k, types.KeySpecEccNistP256), CiphertextBlob: blob}, "IncorrectKeyException"},
		"a dry run by a key for signing":       {kms.DecryptInput{KeyId: add(t, k, types.KeySpecEccNistP256), DryRun: ptr(true), DryRunModifiers: ignore}, "InvalidKeyUsageException"},
		"an unknown modifier":                  {kms.DecryptInput{KeyId: key, DryRun: ptr(true), DryRunModifiers: []types.DryRunModifierType{"IGNORE"}}, "ValidationException"},
		"a dry run of a changed ciphertext":    {kms.DecryptInput{KeyId: key, CiphertextBlob: blob[1:], DryRun: ptr(true)}, "InvalidCiphertextException"},
		"a dry run without ciphertext":         {kms.DecryptInput{KeyId: key, DryRun: ptr(true), DryRunModifiers: ignore}, "DryRunOperationException"},
		"a dry run without ciphertext nor key": {kms.DecryptInput{DryRun: ptr(true), DryRunModifiers: ignore}, "ValidationException"},
		"a modifier without dry run":           {kms.DecryptInput{KeyId: key, DryRunModifiers: ignore}, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.Decrypt(t.Context(), &test.in)
			wantCode(t, err, test.code)
		})
	}
}

// FuzzDecrypt sends ciphertexts that nobody encrypted: only those that the KMS has
// given out may decrypt, and only to what was encrypted.
func FuzzDecrypt(f *testing.F) {
	k := kmstest.New(kmstest.Config{})
	key, err := k.AddKey(types.KeySpecSymmetricDefault, bytes.Repeat([]byte{1}, 32))
	if err != nil {
		f.Fatal(err)
	}
	out, err := k.Encrypt(f.Context(), &kms.EncryptInput{KeyId: &key, Plaintext: []byte("secret")})
	if err != nil {
		f.Fatal(err)
	}
	genuine := out.CiphertextBlob
	f.Add(genuine, 0, byte(0))
	f.Add(genuine, 0, byte(1))
	f.Add(genuine[:len(genuine)-1], 40, byte(0))
	f.Add(append(bytes.Clone(genuine), 0), 0, byte(0))
	f.Add([]byte("\x01\x02\x02\x00\x78"), 0, byte(0))
	f.Add([]byte{}, 0, byte(0))
	f.Fuzz(func(t *testing.T, blob []byte, position int, change byte) {
		// What mutates is applied to a genuine ciphertext too: the fuzzer does not
		// find one by itself.
		spliced := bytes.Clone(genuine)
		copy(spliced[min(max(position, 0), len(spliced)):], blob)
		flipped := bytes.Clone(genuine)
		flipped[min(max(position, 0), len(flipped)-1)] ^= change
		for _, b := range [][]byte{blob, spliced, flipped} {
			for _, id := range []*string{&key, nil} {
				out, err := decrypt(t.Context(), k, id, b)
				if bytes.Equal(b, genuine) != (err == nil) {
					t.Fatalf("genuine %v, error %v", bytes.Equal(b, genuine), err)
				}
				if err == nil && string(out.Plaintext) != "secret" {
					t.Fatal("it decrypts to something else")
				}
			}
		}
	})
}

func TestReEncryptChangesTheKeyAndTheContextAndNothingElse(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	from, to := add(t, k, types.KeySpecSymmetricDefault), add(t, k, types.KeySpecSymmetricDefault)
	before, after := map[string]string{"aud": "orders"}, map[string]string{"aud": "billing"}
	sealed, err := k.Encrypt(t.Context(), &kms.EncryptInput{KeyId: from, Plaintext: []byte("secret"), EncryptionContext: before})
	check(t, err)
	for _, source := range []*string{from, nil} {
		out, err := k.ReEncrypt(t.Context(), &kms.ReEncryptInput{
			CiphertextBlob: sealed.CiphertextBlob, SourceKeyId: source, SourceEncryptionContext: before, DestinationKeyId: to, DestinationEncryptionContext: after,
		})
		check(t, err)
		if *out.SourceKeyId != *from || *out.KeyId != *to || *out.SourceKeyMaterialId == *out.DestinationKeyMaterialId ||
			out.SourceEncryptionAlgorithm != "SYMMETRIC_DEFAULT" || out.DestinationEncryptionAlgorithm != "SYMMETRIC_DEFAULT" {
			t.Errorf("got %+v", out)
		}
		opened, err := k.Decrypt(t.Context(), &kms.DecryptInput{KeyId: to, CiphertextBlob: out.CiphertextBlob, EncryptionContext: after})
		check(t, err)
		if string(opened.Plaintext) != "secret" || *opened.KeyMaterialId != *out.DestinationKeyMaterialId {
			t.Errorf("got %q", opened.Plaintext)
		}
	}
	if got := k.CallsTo("ReEncrypt", *to); got != 2 {
		t.Errorf("%d calls to the key that encrypts, want 2", got)
	}
}

func TestReEncryptRefusesWhatDecryptOrEncryptRefuses(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key, other := add(t, k, types.KeySpecSymmetricDefault), add(t, k, types.KeySpecSymmetricDefault)
	disabled := add(t, k, types.KeySpecSymmetricDefault)
	blob, lost := encrypt(t, k, key), encrypt(t, k, disabled)
	_, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: disabled})
	check(t, err)
	ignore := []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext}
	for name, test := range map[string]struct {
		in   kms.ReEncryptInput
		code string
	}{
		"no ciphertext":               {kms.ReEncryptInput{DestinationKeyId: key}, "ValidationException"},
		"no destination":              {kms.ReEncryptInput{CiphertextBlob: blob}, "ValidationException"},
		"another source":              {kms.ReEncryptInput{CiphertextBlob: blob, SourceKeyId: other, DestinationKeyId: key}, "IncorrectKeyException"},
		"another context":             {kms.ReEncryptInput{CiphertextBlob: blob, SourceEncryptionContext: map[string]string{"a": "b"}, DestinationKeyId: key}, "InvalidCiphertextException"},
		"a changed ciphertext":        {kms.ReEncryptInput{CiphertextBlob: blob[1:], DestinationKeyId: key}, "InvalidCiphertextException"},
		"a disabled source":           {kms.ReEncryptInput{CiphertextBlob: lost, DestinationKeyId: key}, "DisabledException"},
		"a disabled destination":      {kms.ReEncryptInput{CiphertextBlob: blob, DestinationKeyId: disabled}, "DisabledException"},
		"a destination that signs":    {kms.ReEncryptInput{CiphertextBlob: blob, DestinationKeyId: add(t, k, types.KeySpecEccNistP256)}, "InvalidKeyUsageException"},
		"an algorithm of another key": {kms.ReEncryptInput{CiphertextBlob: blob, DestinationKeyId: key, DestinationEncryptionAlgorithm: "RSAES_OAEP_SHA_1"}, "InvalidKeyUsageException"},
		"a dry run of a changed one":  {kms.ReEncryptInput{CiphertextBlob: blob[1:], DestinationKeyId: key, DryRun: ptr(true)}, "InvalidCiphertextException"},
		"a dry run without one":       {kms.ReEncryptInput{SourceKeyId: key, DestinationKeyId: key, DryRun: ptr(true), DryRunModifiers: ignore}, "DryRunOperationException"},
		"a dry run without source":    {kms.ReEncryptInput{DestinationKeyId: key, DryRun: ptr(true), DryRunModifiers: ignore}, "ValidationException"},
		"an unknown modifier":         {kms.ReEncryptInput{SourceKeyId: key, DestinationKeyId: key, DryRun: ptr(true), DryRunModifiers: []types.DryRunModifierType{"IGNORE"}}, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.ReEncrypt(t.Context(), &test.in)
			wantCode(t, err, test.code)
		})
	}
}
