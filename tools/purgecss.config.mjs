// What PurgeCSS keeps of the theme's styles. It runs in the folder of the site; see slim.py.
export default {
  content: [
    "*.html", "contract/**/*.html", "assets/filter.js", "assets/javascripts/**/*.js",
    // What scripts set that has no hyphen: marks of found words, buttons at code, the platform.
    { raw: "js mark small copy select Mac", extension: "txt" },
  ],
  css: ["assets/stylesheets/modern/*.css"],
  output: "assets/stylesheets/modern",
  extractors: [
    // The words in tags, and not those of the text between them.
    { extensions: ["html"], extractor: (text) => (text.match(/<\w[^>]*>/g) ?? []).join().match(/[\w-]+/g) ?? [] },
    // The classes that a minified script sets have a hyphen, and its other words have none.
    { extensions: ["js"], extractor: (text) => text.match(/\w+(?:-+\w+)+/g) ?? [] },
  ],
  // The script has the first for features that are off: annotations, tooltips, several versions.
  // Of no-js, which styles 20 tabs in a place where we have none, guide.css has what we need.
  blocklist: [/^md-(annotation|tooltip|version)/, "no-js"],
  keyframes: true,
  // The search has styles of its own, which read the colours. It has no icon of the theme.
  safelist: { variables: [/^--(?!.*icon)/] },
  variables: true,
};
