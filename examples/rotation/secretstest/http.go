package secretstest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// ServeHTTP answers the SDK's clients.
func (s *SecretsManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch operation(r) {
	case "GetSecretValue":
		answer(w, r, func(ctx context.Context, in *secretsmanager.GetSecretValueInput) (any, error) {
			out, err := s.GetSecretValue(ctx, in)
			if err != nil {
				return nil, err
			}
			return map[string]any{"ARN": out.ARN, "VersionId": out.VersionId, "SecretString": out.SecretString, "CreatedDate": seconds(out.CreatedDate)}, nil
		})
	case "DescribeSecret":
		answer(w, r, func(ctx context.Context, in *secretsmanager.DescribeSecretInput) (any, error) {
			out, err := s.DescribeSecret(ctx, in)
			if err != nil {
				return nil, err
			}
			return map[string]any{"ARN": out.ARN, "RotationEnabled": out.RotationEnabled, "VersionIdsToStages": out.VersionIdsToStages}, nil
		})
	case "PutSecretValue":
		answer(w, r, func(ctx context.Context, in *secretsmanager.PutSecretValueInput) (any, error) {
			_, err := s.PutSecretValue(ctx, in)
			return struct{}{}, err
		})
	case "UpdateSecretVersionStage":
		answer(w, r, func(ctx context.Context, in *secretsmanager.UpdateSecretVersionStageInput) (any, error) {
			_, err := s.UpdateSecretVersionStage(ctx, in)
			return struct{}{}, err
		})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// ServeHTTP answers the SDK's clients.
func (p *ParameterStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch operation(r) {
	case "GetParameter":
		answer(w, r, func(ctx context.Context, in *ssm.GetParameterInput) (any, error) {
			out, err := p.GetParameter(ctx, in)
			if err != nil {
				return nil, err
			}
			v := out.Parameter
			return map[string]any{"Parameter": map[string]any{
				"Name": v.Name, "Type": v.Type, "Version": v.Version, "Value": v.Value, "LastModifiedDate": seconds(v.LastModifiedDate),
			}}, nil
		})
	case "PutParameter":
		answer(w, r, func(ctx context.Context, in *ssm.PutParameterInput) (any, error) {
			out, err := p.PutParameter(ctx, in)
			if err != nil {
				return nil, err
			}
			return map[string]any{"Version": out.Version}, nil
		})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// operation returns the name of the operation that a request is about. The protocol is AWS
// JSON 1.1.
func operation(r *http.Request) string {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return name
}

// seconds is how the protocol writes a time.
func seconds(t *time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// answer reads what a request asks for, and writes the answer.
func answer[In any](w http.ResponseWriter, r *http.Request, do func(context.Context, *In) (any, error)) {
	var in In
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	out, err := do(r.Context(), &in)
	if err != nil {
		status, code := http.StatusInternalServerError, "InternalServiceError"
		var coded interface{ ErrorCode() string }
		if errors.As(err, &coded) {
			status, code = http.StatusBadRequest, coded.ErrorCode()
		}
		w.WriteHeader(status)
		out = map[string]string{"__type": code, "message": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(out)
}
