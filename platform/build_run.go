package platform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/store"
)

const (
	buildsAtOnce = 4
	maxLine      = 10_000 // bytes of one line of output; what is longer is cut into several
)

// RunBuilds does every pending build, oldest first, one an app at a time. A build that was interrupted is still pending and
// starts over. It returns when all that were pending are done; only what kept a build from ending at all is an error.
func (p *Platform) RunBuilds(ctx context.Context) error {
	var pending []dynomad.Build
	err := p.Store.View(ctx, func(tx *store.Tx) (err error) {
		pending, err = tx.PendingBuilds()
		return err
	})
	if err != nil {
		return err
	}
	queues := map[dynomad.AppID][]dynomad.Build{}
	for _, b := range pending {
		queues[b.App] = append(queues[b.App], b)
	}
	var group errgroup.Group // without a context: what keeps one app's build from ending does not interrupt the others
	group.SetLimit(buildsAtOnce)
	for _, queue := range queues {
		group.Go(func() error {
			for _, b := range queue {
				if err := p.runBuild(ctx, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (p *Platform) runBuild(ctx context.Context, b dynomad.Build) error {
	out := &lines{write: func(text string) error { return p.addOutput(ctx, b.App, b.Output(), text) }}
	var failed error
	slug, err := p.Builder.Build(ctx, b.SourceKey, out, func(slug dynomad.Slug) (problems dynomad.Problems) {
		problems, failed = p.judge(ctx, b.App, slug)
		return problems
	})
	err = errors.Join(failed, err, out.Flush())
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case dynomad.KindOf(err) == dynomad.KindUnavailable:
		return fmt.Errorf("build %s: %w", b.ID, err) // still pending
	case err != nil:
		return p.buildFailed(ctx, b, err)
	}
	app, err := p.buildSucceeded(ctx, b, slug)
	switch dynomad.KindOf(err) {
	case dynomad.KindInvalid, dynomad.KindConflict: // somebody else was given its host name just now
		return p.buildFailed(ctx, b, err)
	}
	if err == nil && app.ID != "" {
		p.hurry(ctx, app)
	}
	return err
}

// buildSucceeded writes the slug and its release and ends the build, all in one transaction: a build that is interrupted
// before leaves nothing, and one that was ended by somebody else in the meantime leaves nothing of ours.
func (p *Platform) buildSucceeded(ctx context.Context, b dynomad.Build, slug dynomad.Slug) (app dynomad.App, err error) {
	err = p.Store.Update(ctx, func(tx *store.Tx) error {
		if ended, err := hasEnded(tx, b.ID); ended || err != nil {
			return err
		}
		if app, err = tx.App(b.App); err != nil {
			return err
		}
		slug.ID, slug.App, slug.Commit = dynomad.SlugID(p.NewID()), b.App, b.Commit
		slug.CreatedAt, slug.UpdatedAt = p.now(), p.now()
		if err := tx.PutSlug(slug); err != nil {
			return err
		}
		release, notes, err := p.deploy(tx, dynomad.Actor{User: b.User, Email: b.UserEmail}, app, slug, "")
		if err != nil {
			return err
		}
		for _, note := range notes {
			if err := tx.AddOutput(b.App, b.Output(), dynomad.OutputLine{Text: note}); err != nil {
				return err
			}
		}
		b.Status, b.Slug, b.Release = dynomad.BuildSucceeded, slug.ID, release.ID
		return p.endBuild(tx, b, app, "-----> Released "+release.Version.String(), "Build succeeded")
	})
	return app, err
}

func (p *Platform) buildFailed(ctx context.Context, b dynomad.Build, cause error) error {
	b.Status = dynomad.BuildFailed
	return p.Store.Update(ctx, func(tx *store.Tx) error {
		if ended, err := hasEnded(tx, b.ID); ended || err != nil {
			return err
		}
		app, err := tx.App(b.App)
		if err != nil {
			return err
		}
		words := inWords(cause)
		for line := range strings.Lines(words) {
			text := " !     " + strings.TrimRight(line, "\n")
			if err := tx.AddOutput(b.App, b.Output(), dynomad.OutputLine{Text: text}); err != nil {
				return err
			}
		}
		return p.endBuild(tx, b, app, " !     Build failed", "Build failed: "+oneLine(headlines(words)))
	})
}

// hasEnded says whether there is nothing left to end: another server has done the build, or its app is gone.
func hasEnded(tx *store.Tx, id dynomad.BuildID) (bool, error) {
	b, err := tx.Build(id)
	if dynomad.KindOf(err) == dynomad.KindNotFound {
		return true, nil
	}
	return b.Status != dynomad.BuildPending, err
}

func (p *Platform) endBuild(tx *store.Tx, b dynomad.Build, app dynomad.App, lastLine, event string) error {
	b.UpdatedAt = p.now()
	if err := tx.PutBuild(b); err != nil {
		return err
	}
	if err := tx.AddOutput(b.App, b.Output(), dynomad.OutputLine{Text: lastLine, Last: true}); err != nil {
		return err
	}
	return p.tell(tx, app, dynomad.Actor{Email: b.UserEmail}, event)
}

// inWords is an error for people: its message, then its hint. The inside of an error that is none of ours stays inside.
func inWords(err error) string {
	if _, ours := errors.AsType[*dynomad.Error](err); !ours {
		return "something went wrong on our side"
	}
	if hint := dynomad.HintOf(err); hint != "" {
		return err.Error() + "\n" + hint
	}
	return err.Error()
}

// headlines are a text's lines without those that are set back: excerpts of a source, which mean nothing in a log line.
func headlines(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "  ") {
			out = append(out, strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(out, "\n")
}

// oneLine makes a text fit for a log line.
func oneLine(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ") }

// lines is a writer that hands on whole lines.
type lines struct {
	write func(text string) error
	rest  []byte // a line without its end
}

// Write implements io.Writer.
func (l *lines) Write(text []byte) (int, error) {
	l.rest = append(l.rest, text...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		next := end + 1
		if end < 0 || end > maxLine {
			if len(l.rest) < maxLine {
				return len(text), nil
			}
			end, next = maxLine, maxLine
		}
		if err := l.write(strings.ToValidUTF8(string(bytes.TrimRight(l.rest[:end], "\r")), "�")); err != nil {
			return 0, err
		}
		l.rest = l.rest[next:]
	}
}

// Flush hands on what is left without a line's end.
func (l *lines) Flush() error {
	if len(l.rest) == 0 {
		return nil
	}
	_, err := l.Write([]byte{'\n'})
	return err
}
