package kmstest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
)

// A ciphertext is opaque to everyone but its KMS. This one's are as long as those of
// AWS, 184 bytes for a data key of 32 bytes (M), so that tokens have the size that
// they will have there, and begin alike:
//
//	magic 5 | key 32 | key material 32 | filler 47 | checksum 8 | nonce 12 | AES-256-GCM
//
// GCM authenticates all that stands before it and the encryption context. The
// checksum tells a header that was damaged, which no KMS can read, from a genuine
// one of a key in another account or Region, as somebody may well send.
const (
	blobMagic  = "\x01\x02\x02\x00\x78"
	blobFiller = 47
	blobHeader = len(blobMagic) + 2*sha256.Size + blobFiller + blobCheck
	blobCheck  = 8
	blobNonce  = 12
	blobTag    = 16
)

// A blob is a ciphertext in its parts.
type blob struct {
	key      [sha256.Size]byte // as KMS.ref gives it
	material [sha256.Size]byte
	header   []byte
	nonce    []byte
	sealed   []byte
}

// encrypt returns plaintext under a secret, bound to context.
func encrypt(ref [sha256.Size]byte, s secret, plaintext []byte, context map[string]string) ([]byte, error) {
	aead, err := s.aead()
	if err != nil {
		return nil, internalError(err)
	}
	filler, nonce := randomBytes(blobFiller), randomBytes(blobNonce)
	header := slices.Concat([]byte(blobMagic), ref[:], s.id[:], filler)
	header = append(header, checksum(header)...)
	return aead.Seal(slices.Concat(header, nonce), nonce, plaintext, additional(header, context)), nil
}

// parseBlob takes a ciphertext apart. It says false for what is none.
func parseBlob(ciphertext []byte) (blob, bool) {
	if len(ciphertext) < blobHeader+blobNonce+blobTag || !bytes.HasPrefix(ciphertext, []byte(blobMagic)) {
		return blob{}, false
	}
	header := ciphertext[:blobHeader]
	if !bytes.Equal(checksum(header[:blobHeader-blobCheck]), header[blobHeader-blobCheck:]) {
		return blob{}, false
	}
	b := blob{
		header: header,
		nonce:  ciphertext[blobHeader : blobHeader+blobNonce],
		sealed: ciphertext[blobHeader+blobNonce:],
	}
	copy(b.key[:], header[len(blobMagic):])
	copy(b.material[:], header[len(blobMagic)+sha256.Size:])
	return b, true
}

// decrypt returns the plaintext, or false when blob, secret and context do not
// belong together.
func (b blob) decrypt(s secret, context map[string]string) ([]byte, bool) {
	aead, err := s.aead()
	if err != nil {
		return nil, false
	}
	plaintext, err := aead.Open([]byte{}, b.nonce, b.sealed, additional(b.header, context))
	return plaintext, err == nil
}

func (s secret) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.open())
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func checksum(header []byte) []byte {
	sum := sha256.Sum256(header)
	return sum[:blobCheck]
}

// additional returns what GCM authenticates beside the plaintext. Each length goes
// before its text, so that no two contexts are written alike.
func additional(header []byte, context map[string]string) []byte {
	data := slices.Clone(header)
	for _, name := range slices.Sorted(maps.Keys(context)) {
		for _, text := range []string{name, context[name]} {
			data = binary.AppendUvarint(data, uint64(len(text)))
			data = append(data, text...)
		}
	}
	return data
}
