package awskms

import (
	"fmt"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// Outage has KMS answer every call with an error, or is the end of that.
func (l *Local) Outage(failing bool) {
	l.KMS.Heal()
	if failing {
		l.KMS.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", "KMS is not well"))
	}
}

// Sections shows in the panel how often KMS was called.
func (l *Local) Sections() []authorizertest.PanelSection {
	section := authorizertest.PanelSection{Title: "KMS", Text: "How often KMS was called since the program started, whatever became of it. Functions call it for what they do not hold; every attempt is counted."}
	for _, operation := range []string{"GenerateDataKey", "Decrypt", "Sign", "GetPublicKey"} {
		if calls := l.KMS.Calls(operation); calls > 0 {
			section.Figures = append(section.Figures, authorizertest.PanelFigure{Name: operation, Value: fmt.Sprint(calls)})
		}
	}
	section.Figures = append(section.Figures, authorizertest.PanelFigure{Name: "All calls", Value: fmt.Sprint(l.KMS.Calls(""))})
	return []authorizertest.PanelSection{section}
}
