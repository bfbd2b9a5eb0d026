// Command byhand is an authorizer as people write it with golang-jwt.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/golang-jwt/jwt/v5"
)

func main() {
	key, err := jwt.ParseRSAPublicKeyFromPEM([]byte(os.Getenv("JWT_PUBLIC_KEY")))
	if err != nil {
		log.Fatal(err)
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(os.Getenv("JWT_ISSUER")),
		jwt.WithAudience(os.Getenv("JWT_AUDIENCE")), jwt.WithExpirationRequired())
	find := func(*jwt.Token) (any, error) { return key, nil }
	lambda.Start(func(_ context.Context, r events.APIGatewayCustomAuthorizerRequest) (events.APIGatewayCustomAuthorizerResponse, error) {
		text, ok := strings.CutPrefix(r.AuthorizationToken, "Bearer ")
		token, err := parser.Parse(text, find)
		if !ok || err != nil {
			return events.APIGatewayCustomAuthorizerResponse{}, errors.New("Unauthorized") //nolint:staticcheck // API Gateway's word
		}
		subject, err := token.Claims.GetSubject()
		if err != nil {
			return events.APIGatewayCustomAuthorizerResponse{}, err
		}
		stage, _, _ := strings.Cut(r.MethodArn, "/GET/")
		return events.APIGatewayCustomAuthorizerResponse{
			PrincipalID: subject,
			PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: []events.IAMPolicyStatement{
				{Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{stage + "/*"}},
			}},
		}, nil
	})
}
