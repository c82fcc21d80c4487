package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/dynomad/dynomad"
	"github.com/dynomad/dynomad/hcl"
	"github.com/dynomad/dynomad/source"
)

// HclCmd is what there is to be done with a dynomad.hcl by itself.
type HclCmd struct {
	Fmt      HclFmtCmd      `cmd:"" help:"Lay out a dynomad.hcl as all are laid out."`
	Validate HclValidateCmd `cmd:"" help:"Say what is wrong with a dynomad.hcl."`
	Docs     HclDocsCmd     `cmd:"" help:"Show what a setting does, or list all settings."`
	Schema   HclSchemaCmd   `cmd:"" help:"Print a JSON schema of dynomad.hcl for editors."`
}

// HclFmtCmd rewrites files in the canonical form.
type HclFmtCmd struct {
	Files []string `arg:"" optional:"" name:"file" help:"The files, or - for stdin; by default dynomad.hcl."`
	Check bool     `help:"Write nothing, and fail if there is something to do."`
}

// Run is `dynomad hcl fmt`. It prints the names of the files that it has changed.
func (c *HclFmtCmd) Run(ui *UI, here Here) error {
	files := c.Files
	if len(files) == 0 {
		files = []string{source.Manifest}
	}
	changed := 0
	for _, name := range files {
		differs, err := c.one(ui, here, name)
		if err != nil {
			return err
		}
		if differs {
			changed++
		}
	}
	if c.Check && changed > 0 {
		return dynomad.Errorf(dynomad.KindInvalid, "%d of %d files are laid out otherwise", changed, len(files)).WithHint("run dynomad hcl fmt")
	}
	return nil
}

func (c *HclFmtCmd) one(ui *UI, here Here, name string) (differs bool, err error) {
	src, err := readInput(here, name)
	if err != nil {
		return false, err
	}
	out, problems := hcl.Fmt(src)
	for i := range problems {
		problems[i].File = name
	}
	if err := problems.ErrIn(source.Files{name: src}); err != nil {
		return false, err
	}
	differs = !bytes.Equal(src, out)
	switch {
	case name == "-" && !c.Check:
		ui.stdout.raw(string(bytes.TrimSuffix(out, []byte("\n"))))
		return false, nil
	case !differs:
		return false, nil
	}
	ui.Line("%s", name)
	if c.Check {
		return true, nil
	}
	info, err := os.Stat(here.path(name))
	if err != nil {
		return true, fmt.Errorf("lay out %s: %w", name, err)
	}
	if err := os.WriteFile(here.path(name), out, info.Mode().Perm()); err != nil {
		return true, fmt.Errorf("lay out %s: %w", name, err)
	}
	return true, nil
}

// readInput reads a file, or stdin for "-". Of a file that is too long to be a dynomad.hcl it reads enough to see that.
func readInput(here Here, name string) ([]byte, error) {
	in := here.Stdin
	if name != "-" {
		file, err := os.Open(here.path(name))
		if err != nil {
			return nil, dynomad.Errorf(dynomad.KindNotFound, "read %s: %w", name, err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	src, err := io.ReadAll(io.LimitReader(in, 2*hcl.MaxBytes))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return src, nil
}
