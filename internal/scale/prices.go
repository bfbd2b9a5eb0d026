package main

// Prices in dollars, of us-east-1. The free tiers are left out.
const (
	// https://aws.amazon.com/kms/pricing: requests with symmetric, HMAC and RSA_2048
	// keys. What is throttled is taken to cost nothing.
	pricePerKMSCall = 0.03 / 10_000

	// https://aws.amazon.com/secrets-manager/pricing
	pricePerSecretCall = 0.05 / 10_000

	// https://aws.amazon.com/lambda/pricing, x86, of a function with 128 MB.
	pricePerInvocation = 0.20 / 1_000_000
	pricePerSecond     = 0.0000166667 * 128 / 1024
)
