module github.com/lambdajwt/authorizer

go 1.26

require github.com/golang-jwt/jwt/v5 v5.3.1

require github.com/aws/aws-lambda-go v1.55.1 // indirect
