package kmstest

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// enabled returns the key that a request names in any form (key ID, key ARN, alias
// name, alias ARN), if it may be used now.
func (k *KMS) enabled(keyID *string) (*key, error) {
	if err := requireText("keyId", keyID, 2048); err != nil {
		return nil, err
	}
	k.lock()
	defer k.mu.Unlock()
	key, err := k.find(*keyID)
	if err != nil {
		return nil, err
	}
	if err := key.checkEnabled(); err != nil {
		return nil, err
	}
	return key, nil
}

// enabledFor is enabled, for keys of one usage.
func (k *KMS) enabledFor(usage types.KeyUsageType, keyID *string) (*key, error) {
	key, err := k.enabled(keyID)
	if err != nil {
		return nil, err
	}
	if key.spec.usage != usage {
		return nil, errorf("InvalidKeyUsageException", "%s key usage is %s which is not valid for this operation.", key.arn, key.spec.usage)
	}
	return key, nil
}

// find returns the key that keyID names in any form. The caller holds k.mu.
func (k *KMS) find(keyID string) (*key, error) {
	name, err := k.localName(keyID)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(name, "alias/") {
		return k.findID(name)
	}
	alias, found := k.aliases[name]
	if !found {
		return nil, errorf("NotFoundException", "Alias %s is not found.", k.arn(name))
	}
	return k.findID(alias.target)
}

// findKey is find for the operations that take no alias, but a key ID or a key ARN
// only. The caller holds k.mu.
func (k *KMS) findKey(keyID *string) (*key, error) {
	if err := requireText("keyId", keyID, 2048); err != nil {
		return nil, err
	}
	id, err := k.localName(*keyID)
	if err != nil {
		return nil, err
	}
	return k.findID(id)
}

// findManaged is findKey, for keys that are not pending deletion. The caller holds k.mu.
func (k *KMS) findManaged(keyID *string) (*key, error) {
	key, err := k.findKey(keyID)
	if err != nil {
		return nil, err
	}
	return key, key.checkNotPending()
}

func (k *KMS) findID(id string) (*key, error) {
	if strings.HasPrefix(id, "alias/") {
		return nil, errorf("NotFoundException", "Invalid keyId %s", id) // (M)
	}
	key, found := k.keys[id]
	if !found {
		return nil, errorf("NotFoundException", "Key '%s' does not exist", k.arn("key/"+id))
	}
	return key, nil
}

// localName returns the key ID or the alias name, "alias/…", of a key identifier in
// any form. KMS answers NotFoundException "Invalid arn" for an ARN of another Region
// or of none (M), and AccessDeniedException for another account's, which it would
// have to be permitted to use (M).
func (k *KMS) localName(keyID string) (string, error) {
	if !strings.HasPrefix(keyID, "arn:") {
		return keyID, nil
	}
	part := strings.SplitN(keyID, ":", 6)
	if len(part) < 6 || part[1] != k.partition || part[2] != "kms" {
		return "", errorf("NotFoundException", "Invalid arn")
	}
	if part[3] != k.region {
		return "", errorf("NotFoundException", "Invalid arn %s", part[3])
	}
	if part[4] != k.account.id {
		return "", errorf("AccessDeniedException", "kmstest permits nothing on %s, which is in another account", keyID)
	}
	if strings.HasPrefix(part[5], "alias/") {
		return part[5], nil
	}
	id, isKey := strings.CutPrefix(part[5], "key/")
	if !isKey || strings.HasPrefix(id, "alias/") {
		return "", errorf("NotFoundException", "Invalid arn")
	}
	return id, nil
}

// arn returns the ARN of a resource of this KMS, "key/…" or "alias/…".
func (k *KMS) arn(resource string) string {
	return "arn:" + k.partition + ":kms:" + k.region + ":" + k.account.id + ":" + resource
}
