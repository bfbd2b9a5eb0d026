package main

import (
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

// sections shows a schedule in the panel: when each key is published, and when it signs.
func sections(schedule *rotation.Schedule) func() []authorizertest.PanelSection {
	s := authorizertest.PanelSection{Title: "Keys", Text: `A key is published two hours before it signs, since API Gateway may go on for so
long with the keys that it has. When the next one signs it retires, and it stays published until its last token has expired.`}
	for _, key := range schedule.Keys {
		s.Timeline = append(s.Timeline,
			authorizertest.PanelSpan{Name: key.Kid, State: "published", From: key.Publish, To: key.Expire},
			authorizertest.PanelSpan{Name: key.Kid, State: "signs", From: key.Sign, To: key.Retire})
		if !key.Retire.IsZero() {
			s.Timeline = append(s.Timeline, authorizertest.PanelSpan{Name: key.Kid, State: "retired", From: key.Retire, To: key.Expire})
		}
	}
	return func() []authorizertest.PanelSection { return []authorizertest.PanelSection{s} }
}
