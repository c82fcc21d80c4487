package target

import (
	"os"

	"github.com/dynomad/dynomad"
)

// Layers is our templates, and over them those in an operator's folder; "": there is none.
func Layers(folder string) ([]Layer, error) {
	layers := []Layer{Ours()}
	if folder == "" {
		return layers, nil
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, dynomad.Errorf(dynomad.KindInvalid, "there is no folder %s with process templates", folder).
			WithHint("name one with --templates, or none")
	}
	return append(layers, Layer{Name: folder, Files: os.DirFS(folder)}), nil
}
