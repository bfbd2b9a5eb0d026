package interop_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// kmsSDKs are Amazon's SDKs that use a KMS in memory, and the AWS Encryption SDK, which
// is written on one.
func kmsSDKs() []peer {
	return []peer{
		{name: "boto3", version: "1.26.27", runtime: python{script: "boto3_kms.py"}},
		{name: "@aws-sdk/client-kms", version: "3.1162.0", runtime: node{script: "client-kms.mjs"}},
	}
}

func encryptionSDK() peer {
	return peer{name: "@aws-crypto/client-node", version: "5.0.2", runtime: node{script: "encryption-sdk.mjs"}}
}

// An sdk is a peer in front of a KMS in memory. What it sends and gets is JSON, but for
// bytes.
type sdk struct {
	*process
	kms      *kmstest.KMS
	endpoint string
}

type members = map[string]any

func blob(b []byte) members { return members{"base64": base64.StdEncoding.EncodeToString(b)} }

// bytesOf returns a blob of an answer.
func bytesOf(t *testing.T, answer members, member string) []byte {
	t.Helper()
	wrapped, _ := answer[member].(members)
	return decoded(t, wrapped, "base64")
}

func (s sdk) call(t *testing.T, operation string, parameters members) (answer members, err error) {
	t.Helper()
	err = s.ask(t, "call", request{"endpoint": s.endpoint, "region": s.kms.Region(), "operation": operation, "parameters": parameters}, &answer)
	return answer, err
}

func (s sdk) do(t *testing.T, operation string, parameters members) members {
	t.Helper()
	answer, err := s.call(t, operation, parameters)
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	return answer
}

func (s sdk) fails(t *testing.T, code, operation string, parameters members) {
	t.Helper()
	if _, err := s.call(t, operation, parameters); err == nil || !strings.Contains(err.Error(), code) {
		t.Errorf("%s: got %v, want %s", operation, err, code)
	}
}

// all returns one member of each entry of a list, read in pages of two.
func (s sdk) all(t *testing.T, operation, list, member string) []string {
	t.Helper()
	var pages []members
	s.must(t, "pages", request{"endpoint": s.endpoint, "region": s.kms.Region(), "operation": operation, "parameters": members{}, "size": 2}, &pages)
	var values []string
	for _, page := range pages {
		entries, _ := page[list].([]any)
		if len(entries) > 2 {
			t.Errorf("%s: a page of %d", operation, len(entries))
		}
		for _, entry := range entries {
			value, _ := entry.(members)[member].(string)
			values = append(values, value)
		}
	}
	return values
}

func (s sdk) createKey(t *testing.T, parameters members) (arn string) {
	t.Helper()
	metadata, _ := s.do(t, "CreateKey", parameters)["KeyMetadata"].(members)
	arn, _ = metadata["Arn"].(string)
	return arn
}

func TestAmazonsSDKsUseAKMSInMemory(t *testing.T) {
	for _, p := range kmsSDKs() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			command := p.command(t)
			memory := kmstest.New(kmstest.Config{})
			s := sdk{start(t, command, newAuthority(t).file), memory, memory.Serve(t)}
			t.Run("keys, aliases and tags", s.testManagement)
			t.Run("ciphertexts", s.testCiphertexts)
			t.Run("ciphertexts of RSA", s.testRSA)
			t.Run("signatures and MACs", s.testSignatures)
			t.Run("multi-Region keys", s.testRegions)
			t.Run("faults", s.testFaults)
		})
	}
}

func (s sdk) testManagement(t *testing.T) {
	var keys, aliases []string
	for i := range 5 {
		key := s.createKey(t, members{"Tags": []members{{"TagKey": "team", "TagValue": "orders"}}})
		alias := "alias/key-" + string(rune('a'+i))
		s.do(t, "CreateAlias", members{"AliasName": alias, "TargetKeyId": key})
		keys, aliases = append(keys, key), append(aliases, alias)
	}
	listed := s.all(t, "ListKeys", "Keys", "KeyArn")
	if slices.Sort(listed); !slices.Equal(listed, slices.Sorted(slices.Values(keys))) {
		t.Errorf("ListKeys: got %q, want %q", listed, keys)
	}
	if got := s.all(t, "ListAliases", "Aliases", "AliasName"); !slices.Equal(got, aliases) {
		t.Errorf("ListAliases: got %q, want %q", got, aliases)
	}

	s.do(t, "TagResource", members{"KeyId": keys[0], "Tags": []members{{"TagKey": "stage", "TagValue": ""}}})
	s.do(t, "UntagResource", members{"KeyId": keys[0], "TagKeys": []string{"team"}})
	tags, _ := s.do(t, "ListResourceTags", members{"KeyId": keys[0]})["Tags"].([]any)
	if len(tags) != 1 || !maps.Equal(tags[0].(members), members{"TagKey": "stage", "TagValue": ""}) {
		t.Errorf("ListResourceTags: got %v", tags)
	}
	if policy, _ := s.do(t, "GetKeyPolicy", members{"KeyId": keys[0], "PolicyName": "default"})["Policy"].(string); !strings.Contains(policy, `"kms:*"`) {
		t.Errorf("GetKeyPolicy: got %s", policy)
	}
	s.do(t, "EnableKeyRotation", members{"KeyId": keys[0]})
	if got := s.do(t, "GetKeyRotationStatus", members{"KeyId": keys[0]}); got["KeyRotationEnabled"] != true {
		t.Errorf("GetKeyRotationStatus: got %v", got)
	}
	if got := len(bytesOf(t, s.do(t, "GenerateRandom", members{"NumberOfBytes": 24}), "Plaintext")); got != 24 {
		t.Errorf("GenerateRandom: got %d bytes", got)
	}
	if date, _ := s.do(t, "ScheduleKeyDeletion", members{"KeyId": keys[4], "PendingWindowInDays": 7})["DeletionDate"].(string); date == "" {
		t.Error("ScheduleKeyDeletion: no date")
	}
}

func (s sdk) testCiphertexts(t *testing.T) {
	from, to := s.createKey(t, members{}), s.createKey(t, members{})
	context := members{"aud": "orders"}
	made := s.do(t, "GenerateDataKey", members{"KeyId": from, "KeySpec": "AES_256", "EncryptionContext": context})
	moved := s.do(t, "ReEncrypt", members{
		"CiphertextBlob": made["CiphertextBlob"], "SourceEncryptionContext": context, "DestinationKeyId": to, "DestinationEncryptionContext": context,
	})
	if moved["SourceKeyId"] != from || moved["KeyId"] != to {
		t.Errorf("ReEncrypt: got %v to %v", moved["SourceKeyId"], moved["KeyId"])
	}
	opened := s.do(t, "Decrypt", members{"KeyId": to, "CiphertextBlob": moved["CiphertextBlob"], "EncryptionContext": context})
	if !bytes.Equal(bytesOf(t, opened, "Plaintext"), bytesOf(t, made, "Plaintext")) {
		t.Error("Decrypt: another data key")
	}
	s.fails(t, "InvalidCiphertextException", "Decrypt", members{"KeyId": to, "CiphertextBlob": moved["CiphertextBlob"]})
	s.fails(t, "IncorrectKeyException", "Decrypt", members{"KeyId": from, "CiphertextBlob": moved["CiphertextBlob"], "EncryptionContext": context})
}

func (s sdk) testRSA(t *testing.T) {
	key := s.createKey(t, members{"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"})
	public, err := x509.ParsePKIXPublicKey(bytesOf(t, s.do(t, "GetPublicKey", members{"KeyId": key}), "PublicKey"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, public.(*rsa.PublicKey), []byte("secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	opened := s.do(t, "Decrypt", members{"KeyId": key, "CiphertextBlob": blob(sealed), "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"})
	if got := bytesOf(t, opened, "Plaintext"); string(got) != "secret" {
		t.Errorf("Decrypt: got %q", got)
	}
	s.fails(t, "InvalidKeyUsageException", "Encrypt", members{"KeyId": key, "Plaintext": blob([]byte("secret"))})
}

func (s sdk) testSignatures(t *testing.T) {
	key, message := s.createKey(t, members{"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}), blob([]byte("header.claims"))
	signed := s.do(t, "Sign", members{"KeyId": key, "Message": message, "SigningAlgorithm": "ECDSA_SHA_256"})
	verify := members{"KeyId": key, "Message": message, "Signature": signed["Signature"], "SigningAlgorithm": "ECDSA_SHA_256"}
	if got := s.do(t, "Verify", verify); got["SignatureValid"] != true {
		t.Errorf("Verify: got %v", got)
	}
	verify["Message"] = blob([]byte("header.others"))
	s.fails(t, "KMSInvalidSignatureException", "Verify", verify)

	mac := s.createKey(t, members{"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"})
	made := s.do(t, "GenerateMac", members{"KeyId": mac, "Message": message, "MacAlgorithm": "HMAC_SHA_256"})
	if got := s.do(t, "VerifyMac", members{"KeyId": mac, "Message": message, "Mac": made["Mac"], "MacAlgorithm": "HMAC_SHA_256"}); got["MacValid"] != true {
		t.Errorf("VerifyMac: got %v", got)
	}
}

func (s sdk) testRegions(t *testing.T) {
	there := sdk{s.process, s.kms.In("eu-west-1"), s.kms.In("eu-west-1").Serve(t)}
	key := s.createKey(t, members{"MultiRegion": true})
	replica, _ := s.do(t, "ReplicateKey", members{"KeyId": key, "ReplicaRegion": "eu-west-1"})["ReplicaKeyMetadata"].(members)
	if want := strings.Replace(key, s.kms.Region(), "eu-west-1", 1); replica["Arn"] != want {
		t.Errorf("ReplicateKey: got %v, want %s", replica["Arn"], want)
	}
	sealed := s.do(t, "Encrypt", members{"KeyId": key, "Plaintext": blob([]byte("secret"))})
	opened := there.do(t, "Decrypt", members{"KeyId": replica["Arn"], "CiphertextBlob": sealed["CiphertextBlob"]})
	if got := bytesOf(t, opened, "Plaintext"); string(got) != "secret" {
		t.Errorf("Decrypt: got %q", got)
	}
}

func (s sdk) testFaults(t *testing.T) {
	for _, code := range []string{"ThrottlingException", "AccessDeniedException", "KMSInternalException"} {
		s.kms.Fail("DescribeKey", 1, kmstest.Error(code, "as planned"))
		s.fails(t, code, "DescribeKey", members{"KeyId": "alias/key-a"})
	}
	s.fails(t, "NotFoundException", "DescribeKey", members{"KeyId": "alias/nobody"})
	s.fails(t, "ValidationException", "ListKeys", members{"Limit": 1001})
	s.fails(t, "UnknownOperationException", "ListGrants", members{"KeyId": s.createKey(t, members{})})
}

func TestTheAWSEncryptionSDKUsesAKMSInMemory(t *testing.T) {
	t.Parallel()
	command := encryptionSDK().command(t)
	east := kmstest.New(kmstest.Config{})
	west := east.In("us-west-2")
	endpoints := map[string]string{east.Region(): east.Serve(t), west.Region(): west.Serve(t)}
	s := sdk{process: start(t, command, newAuthority(t).file)}
	here, key, replica := newMultiRegionKey(t, east, west)
	context := map[string]string{"aud": "orders"}

	var message string
	s.must(t, "encrypt", request{"endpoints": endpoints, "keys": []string{key, here}, "plaintext": "secret", "context": context}, &message)
	opens := func(keys ...string) error {
		var opened struct {
			Plaintext string
			Context   map[string]string
		}
		err := s.ask(t, "decrypt", request{"endpoints": endpoints, "keys": keys, "message": message}, &opened)
		if err == nil && (opened.Plaintext != "secret" || opened.Context["aud"] != "orders") {
			t.Errorf("got %+v", opened)
		}
		return err
	}
	for name, key := range map[string]string{"the generator": key, "the other key": here, "the replica": replica} {
		if err := opens(key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if east.Calls("GenerateDataKey") != 1 || east.Calls("Encrypt") != 1 || west.Calls("Decrypt") != 1 {
		t.Errorf("%d data keys, %d encrypted once more, %d decrypted elsewhere, want 1 each", east.Calls("GenerateDataKey"), east.Calls("Encrypt"), west.Calls("Decrypt"))
	}

	east.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", "the Region is down"))
	if err := opens(key); err == nil {
		t.Error("it opens while the Region is down")
	}
	if err := opens(replica); err != nil {
		t.Errorf("the replica, while the other Region is down: %v", err)
	}
	east.Heal()
	message = message[:len(message)-8] + "AAAAAAA="
	if err := opens(key); err == nil {
		t.Error("a changed message opens")
	}
}

// newMultiRegionKey makes a key of one Region, and one with a replica in the other.
func newMultiRegionKey(t *testing.T, k, other *kmstest.KMS) (single, primary, replica string) {
	t.Helper()
	single, err := k.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		t.Fatal(err)
	}
	multiRegion, region := true, other.Region()
	created, err := k.CreateKey(t.Context(), &kms.CreateKeyInput{MultiRegion: &multiRegion})
	if err != nil {
		t.Fatal(err)
	}
	replicated, err := k.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: created.KeyMetadata.KeyId, ReplicaRegion: &region})
	if err != nil {
		t.Fatal(err)
	}
	return single, *created.KeyMetadata.Arn, *replicated.ReplicaKeyMetadata.Arn
}
