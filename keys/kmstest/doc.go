// Package kmstest is a KMS for tests: AWS Key Management Service in memory, with
// real keys and real cryptography, so that code which signs, decrypts and verifies
// with KMS is tested without an AWS account.
//
// A [KMS] has the method set of the SDK's *kms.Client, and so fits every narrow
// interface that a program declares for the operations it calls:
//
//	k := kmstest.New(kmstest.Config{})
//	key, err := k.AddKey(types.KeySpecEccNistP256, nil)
//	signer, err := NewTokenSigner(k, key) // takes interface{ Sign(ctx, *kms.SignInput, ...) }
//
// Over HTTP it speaks what KMS speaks, AWS JSON 1.1, to an unmodified kms.Client,
// to the aws command line and to the SDK of any language. A client needs no
// credentials: requests are not authenticated, and a signature (SigV4) is ignored.
//
//	endpoint := k.Serve(t)
//	client := kms.New(kms.Options{Region: "us-east-1", BaseEndpoint: &endpoint})
//
// # What it does as KMS does
//
// Every key spec but those below, and keys of RSA for encryption too; aliases; lists in
// pages; tags; disabling, and deletion after its waiting period; rotation of symmetric
// keys, on demand and when its period is over; multi-Region keys; RAW, DIGEST and
// EXTERNAL_MU messages with their limits; encryption context; key usage; DryRun;
// signatures in DER, PSS salted to the hash's length; a wrong signature or MAC as an
// error. Errors are those of the SDK: errors.As finds *types.NotFoundException and its
// like, and codes without a Go type (ThrottlingException) by ErrorCode. As with the
// SDK, they come wrapped: a type assertion does not find them.
//
// Each Region of an account is a KMS of its own, which [KMS.In] returns. A test of
// failover replicates a key with [KMS.ReplicateKey], and lets one Region fail:
//
//	west := k.In("us-west-2")
//	k.ReplicateKey(ctx, &kms.ReplicateKeyInput{KeyId: &key, ReplicaRegion: &region})
//	k.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", ""))
//
// Where no AWS document says what KMS does, a comment in the code says what was
// assumed and how it is known: (M) from older documents or reports, (L) inferred.
// [Contract] is what it promises, as tests that any KMS can be held to.
//
// # What it leaves out
//
//   - ECC_SECG_P256K1 and SM2, which the standard library does not have; ML_DSA before
//     Go 1.27, for the same reason; ML_KEM, and keys of elliptic curves for key
//     agreement, which no token needs. CreateKey answers
//     UnsupportedOperationException. [Refused] lists the specs.
//   - Permissions: key policies are kept and returned, but nobody is held to them;
//     there are no grants and no IAM. Every caller may do everything in the KMS's own
//     account and Region. AccessDeniedException comes for what lies in another
//     account, and on demand ([KMS.Fail]).
//   - Quotas and eventual consistency: what is created can be used at once.
//   - Imported key material ([KMS.AddKey] stands in for it), custom key stores, and
//     another primary for a multi-Region key.
//
// # Faults
//
// [KMS.Fail], [KMS.Delay] and [KMS.Hang] decide the fate of the next calls of an
// operation, [KMS.Heal] ends that, and [KMS.Calls] and [KMS.CallsTo] count. The SDK
// retries throttling and 5xx answers, with pauses, and each attempt is a call: give
// a client in a test RetryMaxAttempts: 1.
//
// A KMS never shows key material, to no verb of fmt, encoding/json or log/slog. It is for tests alone: nothing
// is stored, and nothing here is hardened as a service would be.
package kmstest
