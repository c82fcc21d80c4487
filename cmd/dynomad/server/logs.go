package server

import (
	"context"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/logplex"
	"github.com/dynomad/dynomad/translator"
)

// identify asks Nomad's keys who an agent is. Everything in an identity is Nomad's word, not the agent's.
func (r *rooms) identify(ctx context.Context, token string) (logplex.Identity, error) {
	who, err := r.identity.Verify(ctx, token)
	return logplex.Identity(who), err
}

// name turns Nomad's coordinates of a log file into the app and the dyno that people know.
func (r *rooms) name(ctx context.Context, from logplex.Origin) (logplex.Named, error) {
	app, dyno, ours := translator.DynoIn(from.Job, from.Group, from.Index)
	if !ours || from.Namespace != r.namespace { // a job of the same name elsewhere is nobody's app
		return logplex.Named{}, dynomad.NoSuchApp(from.Job)
	}
	id, err := r.platform.AppID(ctx, app)
	if err != nil {
		return logplex.Named{}, err
	}
	return logplex.Named{App: id, Dyno: dyno}, nil
}

// app finds the stream of an app by its id or name.
func (r *rooms) app(ctx context.Context, ref string) (dynomad.AppID, error) {
	app, err := r.platform.App(ctx, dynomad.System, ref)
	return app.ID, err
}

// deliver turns events into log lines. An event's number is its position, so that one delivered twice, because a crash
// came between the line and the cursor, is stored once. The events of an app that is gone take its stream along.
func (r *rooms) deliver(ctx context.Context, events []dynomad.Event) error {
	for _, e := range events {
		if err := r.deliverOne(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (r *rooms) deliverOne(ctx context.Context, e dynomad.Event) error {
	switch _, err := r.app(ctx, string(e.App)); {
	case dynomad.KindOf(err) == dynomad.KindNotFound:
		return r.logs.Destroy(e.App)
	case err != nil:
		return err
	}
	line := logplex.Line{Time: e.Time, Source: e.Source, Dyno: e.Process, Text: e.Text}
	return r.logs.Append(ctx, e.App, "events", e.Seq, []logplex.Line{line})
}
