// Package runtimeapi is a stand-in for Lambda's side of a function: it starts a program as
// an execution environment on this machine and gives it events through the Lambda runtime
// API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
//
// What it leaves out: extensions, streamed answers, limits of memory and size, and the
// freezing of a program between events.
package runtimeapi
