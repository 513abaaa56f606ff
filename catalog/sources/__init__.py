"""Where facts come from: one module for each source of the bundled catalog, used by the build only."""
