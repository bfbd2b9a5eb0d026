// Package jose reads what the JOSE standards put on the wire: base64url without
// padding (RFC 7515 appendix C), JSON objects (RFC 8259), NumericDates (RFC 7519
// section 2) and the JWS compact serialization (RFC 7515 section 7.1).
//
// It reads strictly, because the standard library does not: [encoding/base64]
// skips line breaks, and [encoding/json] takes the last of two members of one
// name, repairs invalid UTF-8 and matches "EXP" to a field named exp. If two
// readers disagree on what a token says, it can mean one thing to the one who checks
// it and another to the one who obeys it.
//
// Work and memory are bounded by the length of the input and by [Limits]. No error
// shows any part of what was read, except those of [encoding/json] that [Unmarshal]
// returns.
package jose
