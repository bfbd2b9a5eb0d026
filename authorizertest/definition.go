package authorizertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ParseGatewayResponses finds the gateway responses of an API in what it is deployed with,
// for [Config.GatewayResponses]: what is tested is then what is deployed. text is the JSON
// of
//
//   - an OpenAPI document with x-amazon-apigateway-gateway-responses, as API Gateway
//     exports it with its extensions,
//   - an AWS SAM template whose API has GatewayResponses, or
//   - a CloudFormation template with resources of type AWS::ApiGateway::GatewayResponse,
//     as cdk synth writes it.
//
// Templates in YAML are turned to JSON first, for instance by yq -o=json. A value
// that CloudFormation would put together, such as by Fn::Sub, is an error, and so are
// two responses of one type: give the definition of one API.
func ParseGatewayResponses(text []byte) (map[string]GatewayResponse, error) {
	var definition any
	if err := json.Unmarshal(text, &definition); err != nil {
		return nil, fmt.Errorf("authorizertest: gateway responses: no JSON: %w", err)
	}
	found := definitions{}
	err := found.search(definition)
	if err == nil && len(found) == 0 {
		err = errors.New("there are none in it")
	}
	if err != nil {
		return nil, fmt.Errorf("authorizertest: gateway responses: %w", err)
	}
	return found, nil
}

// definitions are the gateway responses that have been found.
type definitions map[string]GatewayResponse

// search goes through a document: responses are at different places in each kind, and
// SAM and CloudFormation may have OpenAPI within.
func (d definitions) search(at any) error {
	var errs []error
	switch at := at.(type) {
	case []any:
		for _, element := range at {
			errs = append(errs, d.search(element))
		}
	case object:
		if at["Type"] == "AWS::ApiGateway::GatewayResponse" {
			properties, _ := at["Properties"].(object)
			name, _ := properties["ResponseType"].(string)
			return d.add(name, properties)
		}
		for name, value := range at {
			if name != "GatewayResponses" && name != "x-amazon-apigateway-gateway-responses" {
				errs = append(errs, d.search(value))
				continue
			}
			responses, ok := value.(object)
			if !ok {
				return fmt.Errorf("%s is no object", name)
			}
			for name, response := range responses {
				errs = append(errs, d.add(name, response))
			}
		}
	}
	return errors.Join(errs...)
}

func (d definitions) add(name string, definition any) error {
	if _, twice := d[name]; twice {
		return fmt.Errorf("%s is there twice: give the definition of one API", name)
	}
	members, ok := definition.(object)
	if !ok {
		return fmt.Errorf("%s is no object", name)
	}
	var r GatewayResponse
	for member, value := range members {
		if err := r.set(member, value); err != nil {
			return fmt.Errorf("%s: %s %w", name, member, err)
		}
	}
	d[name] = r
	return nil
}

// set takes over a member of a definition. OpenAPI begins its name with a small letter,
// CloudFormation with a capital.
func (r *GatewayResponse) set(name string, value any) (err error) {
	switch name {
	case "statusCode", "StatusCode":
		if text := fmt.Sprint(value); value != nil {
			if r.StatusCode, err = strconv.Atoi(text); err != nil {
				return errors.New("is no number")
			}
		}
	case "responseTemplates", "ResponseTemplates":
		r.Templates, err = stringMap(value)
	case "responseParameters", "ResponseParameters":
		parameters, _ := value.(object)
		if headers, isSAM := parameters["Headers"]; isSAM && len(parameters) == 1 {
			r.Headers, err = stringMap(headers)
			return err
		}
		mappings, err := stringMap(value)
		if err != nil {
			return err
		}
		r.Headers = map[string]string{}
		for parameter, expression := range mappings {
			header, found := strings.CutPrefix(parameter, "gatewayresponse.header.")
			if !found {
				return fmt.Errorf("has %s: a response has headers only", parameter)
			}
			r.Headers[header] = expression
		}
	case "ResponseType", "RestApiId": // of a resource
	default:
		return errors.New("is not known")
	}
	return err
}

// stringMap returns an object of strings.
func stringMap(value any) (map[string]string, error) {
	members, ok := value.(object)
	if !ok && value != nil {
		return nil, errors.New("is no object")
	}
	texts := map[string]string{}
	for name, value := range members {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("has no text as %s: put in what CloudFormation would", name)
		}
		texts[name] = text
	}
	return texts, nil
}
