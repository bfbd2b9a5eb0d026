// Package kmsclients has the tests that let other people's Go libraries use a KMS of
// kmstest over HTTP. It is a module of its own, so that nobody else has their
// requirements.
package kmsclients
