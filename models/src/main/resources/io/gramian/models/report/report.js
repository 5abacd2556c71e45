(function () {
  var map = document.querySelector('.map');
  if (map === null) { return; }
  var pinned = null;
  function show(label) {
    map.classList.toggle('only', label !== null);
    document.querySelectorAll('[data-class]').forEach(function (part) {
      part.classList.toggle('on', part.dataset.class === label);
    });
  }
  document.querySelectorAll('.keys button').forEach(function (button) {
    button.addEventListener('mouseenter', function () { show(button.dataset.class); });
    button.addEventListener('mouseleave', function () { show(pinned); });
    button.addEventListener('click', function () {
      pinned = pinned === button.dataset.class ? null : button.dataset.class;
      show(pinned);
    });
  });
  var peek = document.querySelector('.peek');
  if (peek === null) { return; }
  var tile = peek.querySelector('i');
  var scale = 84 / Math.max(peek.dataset.width, peek.dataset.height);
  var width = peek.dataset.width * scale;
  var height = peek.dataset.height * scale;
  tile.style.width = width + 'px';
  tile.style.height = height + 'px';
  tile.style.backgroundSize = width * peek.dataset.columns + 'px ' + height * peek.dataset.lines + 'px';
  map.addEventListener('mouseover', function (event) {
    var index = event.target.dataset ? event.target.dataset.i : undefined;
    peek.hidden = index === undefined;
    if (peek.hidden) { return; }
    var column = index % peek.dataset.columns;
    var line = Math.floor(index / peek.dataset.columns);
    tile.style.backgroundPosition = -column * width + 'px ' + -line * height + 'px';
    peek.querySelector('b').textContent = event.target.querySelector('title').textContent;
    var box = event.target.getBoundingClientRect();
    peek.style.left = Math.min(box.right + 12, document.documentElement.clientWidth - 190) + 'px';
    peek.style.top = Math.max(8, box.top - 60) + 'px';
  });
  map.addEventListener('mouseleave', function () { peek.hidden = true; });
})();
