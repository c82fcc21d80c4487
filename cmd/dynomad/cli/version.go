package cli

import (
	"runtime"
	"runtime/debug"
)

// VersionCmd shows the version of this program.
type VersionCmd struct{}

// Run is `dynomad version`.
func (c *VersionCmd) Run(ui *UI, here Here) error {
	if ui.JSON() {
		return ui.Document(map[string]string{
			"version": here.Version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
		})
	}
	ui.Line("dynomad %s (%s, %s/%s)", here.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// versionOf is the version that the program was built as, or what the Go toolchain has noted in it: a tag or a commit.
func versionOf(p Process) string {
	if p.Version != "" {
		return p.Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
