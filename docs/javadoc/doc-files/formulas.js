// Sets the formulas of the Javadoc: lines "left = right" of a block become rows, and words like M^2 d formulas, with
// subscripts, superscripts and symbols. Runs in the page, needs no network; without it the text of the sources stays.
'use strict';

const NAMES = {
  alpha: 'α', beta: 'β', gamma: 'γ', delta: 'δ', eps: 'ε', theta: 'θ', lambda: 'λ', mu: 'μ', sigma: 'σ', tau: 'τ', phi: 'φ',
  infinity: '∞', sum: '∑', prod: '∏', sqrt: '√',
};
// one token each: braces, a number or a word like ip(i) after _ and ^; comparisons, norms, a word, anything else
const TOKEN = /([_^])(\{[^{}]*\}|-?\d+(?:\/\d+)?|-?[A-Za-z0-9]+'?(?:\([a-z]\))?)|!=|<=|>=|->|\|\||[A-Za-z]+|[^]/g;
const SIGNS = {'!=': '≠', '<=': '≤', '>=': '≥', '->': '→', '||': '‖', '*': '·', '-': '−'};

function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

// <a, b> is an inner product; other < and > are comparisons
function products(text) {
  return text.replace(/<([^<>=]*,[^<>=]*)>/g, '⟨$1⟩');
}

function set(text, index = false) {
  let html = '';
  for (const [token, mark, argument] of products(text).matchAll(TOKEN)) {
    if (mark) {
      const inner = set(argument.replace(/^\{|\}$/g, ''), true);
      html += mark === '_' ? `<sub>${inner}</sub>` : `<sup>${inner}</sup>`;
    } else if (NAMES[token]) {
      html += NAMES[token];
    } else if (SIGNS[token]) {
      html += SIGNS[token];
    } else if (/^[A-Za-z]$/.test(token) || (index && /^[a-z]{2}$/.test(token))) {
      html += `<i>${token}</i>`;
    } else {
      html += escaped(token);
    }
  }
  return html;
}

// left side, right side, and a remark that stands apart by three blanks
function row(line) {
  const parts = /^\s*(\S.*?)\s+=\s+(.*?)(?:\s{3,}(\S.*))?$/.exec(line);
  if (parts) {
    return `<tr><td>${set(parts[1])}</td><td>=</td><td>${set(parts[2])}</td><td>${escaped(parts[3] || '')}</td></tr>`;
  }
  return `<tr><td></td><td></td><td colspan="2">${set(line.trim())}</td></tr>`;
}

for (const block of document.querySelectorAll('pre > code')) {
  const text = block.textContent.replace(/^\n+|\s+$/g, '');
  // programs stay as they are
  if (/\s=\s/.test(text) && !/;\s*$/m.test(text)) {
    const table = document.createElement('table');
    table.className = 'formula';
    table.innerHTML = text.split('\n').map(row).join('');
    block.parentNode.replaceWith(table);
  }
}

for (const word of document.querySelectorAll('.block code, dd code')) {
  const text = word.textContent;
  const formula = /\^|\b[A-Za-z]_[A-Za-z{]|\b(?:sum|mean|var)_/.test(text) && !/["';]|::|\w\.\w/.test(text);
  if (formula && !word.closest('a, pre')) {
    word.className = 'formula';
    word.innerHTML = set(text);
  }
}
