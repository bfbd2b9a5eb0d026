package jose

import (
	"errors"
	"strings"
)

var (
	// ErrTooLarge says that a text is longer than its reader allows.
	ErrTooLarge = errors.New("too large")

	// ErrCompact says that a text is not three segments joined by two dots,
	// each of them at least one character long.
	ErrCompact = errors.New("not a JWS in compact serialization")
)

// Compact is a JWS in compact serialization, taken apart. Nothing in it has been
// verified. Its parts share memory with each other, never with the token.
type Compact struct {
	Header    string // the JSON text of the JOSE header, not yet checked
	Payload   string // the bytes that were signed
	Signature []byte
	Input     []byte // what the signature is over: the first two segments and their dot
}

// ParseCompact takes a token of at most maxSize bytes apart. It gives
// [ErrTooLarge], [ErrCompact] or [ErrBase64]. A token over the limit costs no memory. An
// empty segment is refused: an empty payload is no claims set, and an empty signature is
// no signature.
//
// If standardSignature is true, the third segment must be in padded standard base64.
func ParseCompact(token string, maxSize int, standardSignature bool) (Compact, error) {
	if len(token) > maxSize {
		return Compact{}, ErrTooLarge
	}
	head, rest, _ := strings.Cut(token, ".")
	body, tail, _ := strings.Cut(rest, ".")
	if head == "" || body == "" || tail == "" || strings.IndexByte(tail, '.') >= 0 {
		return Compact{}, ErrCompact
	}
	first, last := len(head), len(head)+1+len(body) // where the dots are
	if hasLineBreak(token) {
		return Compact{}, ErrBase64
	}

	encoding := base64url
	if standardSignature {
		encoding = padded
	}
	headerSize := base64url.DecodedLen(first)
	payloadSize := base64url.DecodedLen(last - first - 1)
	signatureSize := encoding.DecodedLen(len(tail))

	// One buffer holds the input and, after it, the signature. What becomes a string is
	// decoded on the stack, unless the token is long.
	buffer := make([]byte, last+signatureSize)
	text, signature := buffer[:last:last], buffer[last:]
	copy(text, token)
	var room [1024]byte
	decoded := room[:]
	if headerSize+payloadSize > len(room) {
		decoded = make([]byte, headerSize+payloadSize)
	}
	_, headerErr := base64url.Decode(decoded, text[:first])
	_, payloadErr := base64url.Decode(decoded[headerSize:], text[first+1:])
	n, signatureErr := encoding.Decode(signature, []byte(tail)) // which does not copy it
	if headerErr != nil || payloadErr != nil || signatureErr != nil {
		return Compact{}, ErrBase64
	}
	claims := string(decoded[:headerSize+payloadSize])
	return Compact{
		Header:    claims[:headerSize],
		Payload:   claims[headerSize:],
		Signature: signature[:n],
		Input:     text,
	}, nil
}
