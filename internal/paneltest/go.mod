module github.com/lambdajwt/authorizer/internal/paneltest

go 1.26

require github.com/lambdajwt/authorizer v0.0.0

replace github.com/lambdajwt/authorizer => ../..
