// The page of the dashboard: one script and one style sheet of the package, and nothing else may load or run.
import { env, l10n, Uri, type Webview } from 'vscode';

export function pageOf(webview: Webview, folder: Uri, nonce: string): string {
  const at = (name: string): string => webview.asWebviewUri(Uri.joinPath(folder, name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    "img-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ');
  // A text that closes the element would end it early; nothing else in JSON means anything there.
  const texts = JSON.stringify(l10n.bundle ?? {}).replaceAll('<', '\\u003c');
  return `<!DOCTYPE html>
<html lang="${escape(env.language)}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${escape(policy)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <!-- By this the components sign the one style element that they try the browser with. -->
    <meta property="csp-nonce" content="${nonce}" />
    <title>${escape(l10n.t('Slipway Dashboard'))}</title>
    <link rel="stylesheet" nonce="${nonce}" href="${escape(at('dashboard.css'))}" />
  </head>
  <body>
    <script type="application/json" id="texts" nonce="${nonce}">${texts}</script>
    <script nonce="${nonce}" src="${escape(at('dashboard.js'))}"></script>
  </body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
