package authorizertest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

func TestATokenIsTakenApartAsFarAsItCanBeRead(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	header := base64url(`{"alg":"HS256"}`)
	for number, test := range []struct{ token, want string }{
		{header + "." + base64url(`{"exp":1893553505,"iat":"yesterday","nbf":1e400,"auth_time":1893553385}`) + "." + strings.Repeat("s", 43),
			"auth_time logged in 1 min ago , 2 Jan 2030, 03:03:05 UTC exp expires in 1 min , 2 Jan 2030, 03:05:05 UTC Header"},
		{header + "." + base64url(`{"exp":`) + ".ssss", `Token Header { "alg": "HS256" } Claims {"exp": Signature: s… 4 characters`},
		{header + ".!.ssss", "Claims (not in base64url) Signature: s… 4 characters"},
		{header + "." + base64url(`{"exp":1893553505}`) + ".", "Signature: none"},
		{header + ".key." + base64url(`{"exp":1893553505}`) + ".text.tagtagtag", "Claims Signature: ta… 9 characters"},
	} {
		w.call("GET /orders", test.token, "")
		want(t, w.text(fmt.Sprintf("request?number=%d", number+1)), test.want, "not nbf good", "not iat issued")
	}
}

func TestOnlyATokenIsShortened(t *testing.T) {
	w := watch(t, authorizer.AllowStage, nil, authorizertest.PanelConfig{})
	token := w.token("ann", "")
	w.call("POST /login", "", `{"host": "service-one.internal.example.com", "version": "10.20.30.40000", "t": "`+token+`", "u": "https://example.com/#`+token+`"}`)
	short := token[:6] + "….…." + token[strings.LastIndexByte(token, '.')+1:][:6] + "…"
	want(t, w.text("request?number=1"), `"host": "service-one.internal.example.com"`, `"version": "10.20.30.40000"`,
		`"t": "`+short+`"`, `"u": "https://example.com/#`+short+`"`)
}
