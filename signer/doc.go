// Package signer makes tokens.
//
// Most programs want an [Issuer]: it stamps iss, aud, iat, nbf, exp and jti on
// claims of the user's own, and renews tokens until a session has lasted its time.
//
//	key, err := keys.HMAC("HS256", secret)
//	issuer, err := signer.NewIssuer(signer.IssuerConfig{
//		Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"},
//		Lifetime: 5 * time.Minute, MaxSession: 8 * time.Hour,
//	})
//	token, err := issuer.Issue(ctx, "user-1", map[string]any{"scope": "orders:read"})
//
// A [Signer] signs any golang-jwt claims as they are. Keys come from package keys,
// or from any other [keys.SigningSource].
package signer
