package kmstest

// A call is what is counted: an operation on a key.
type call struct {
	operation string
	keyID     string // empty when the request names no key that there is
}

// Calls returns how many calls of an operation have arrived, whatever became of
// them: served, refused, failed or hanging. "" counts every operation. A call whose
// context had ended beforehand is not counted.
func (k *KMS) Calls(operation string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sum(func(c call) bool { return operation == "" || c.operation == operation })
}

// CallsTo returns how many of these calls were for one key, which may be given as
// key ID, key ARN, alias name or alias ARN. A call by alias counts for the key that
// the alias stood for when it arrived, a Decrypt without KeyId for the key that its
// ciphertext names, and a ReEncrypt for the key that it encrypts under.
func (k *KMS) CallsTo(operation, keyID string) int {
	k.lock()
	defer k.mu.Unlock()
	id := k.identify(keyID)
	if id == "" {
		return 0
	}
	return k.sum(func(c call) bool {
		return c.keyID == id && (operation == "" || c.operation == operation)
	})
}

func (k *KMS) sum(counts func(call) bool) int {
	total := 0
	for c, n := range k.calls {
		if counts(c) {
			total += n
		}
	}
	return total
}

func (k *KMS) count(operation string, keyID *string) {
	k.lock()
	defer k.mu.Unlock()
	c := call{operation: operation}
	if keyID != nil {
		c.keyID = k.identify(*keyID)
	}
	k.calls[c]++
}

// identify returns the ID of the key that a request means, empty if there is none.
// The caller holds k.mu.
func (k *KMS) identify(keyID string) string {
	key, err := k.find(keyID)
	if err != nil {
		return ""
	}
	return key.id
}
