<?php
// The router of PHP's built-in server: pretty permalinks, an access log, and, where asked for, a page cache's ETag.

$docroot = $_SERVER['DOCUMENT_ROOT'];
$settings = json_decode(file_get_contents("$docroot/settings.json"), true);
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/';
$started = microtime(true);
// Kept from before WordPress runs: it puts backslashes before the quotes in $_SERVER.
$request = [
    'method' => $_SERVER['REQUEST_METHOD'],
    'uri' => $_SERVER['REQUEST_URI'],
    'user_agent' => $_SERVER['HTTP_USER_AGENT'] ?? '',
    'if_none_match' => $_SERVER['HTTP_IF_NONE_MATCH'] ?? '',
    'if_modified_since' => $_SERVER['HTTP_IF_MODIFIED_SINCE'] ?? '',
];

$log = function () use ($docroot, $started, $request): void {
    while (ob_get_level() > 0) {
        ob_end_flush(); // the page cache below decides the status
    }
    $line = json_encode($request + [
        'time' => $started,
        'seconds' => round(microtime(true) - $started, 4),
        'status' => http_response_code() ?: 200,
    ], JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
    file_put_contents("$docroot/../access.jsonl", $line . "\n", FILE_APPEND | LOCK_EX);
};
// Registered from within a shutdown function, it runs after those of WordPress.
register_shutdown_function(fn () => register_shutdown_function($log));

if ($path !== '/' && is_file($docroot . urldecode($path))) {
    return false; // a file: served, or run if it is PHP
}
if ($settings['page_cache']) {
    // What a caching plugin or proxy gives: an ETag over the page as sent, and 304 to who has it. What it has kept it sends
    // without WordPress, until the blog is changed.
    $kept = "$docroot/../pages/" . md5($_SERVER['REQUEST_URI']);
    $send = function (string $page, string $tag) use ($request): string {
        header("ETag: $tag");
        if ($request['if_none_match'] !== $tag) {
            return $page;
        }
        header('HTTP/1.1 304 Not Modified', true, 304); // http_response_code() leaves WordPress's status line
        return '';
    };
    if ($request['method'] === 'GET' && is_file($kept)) {
        [$headers, $page, $tag] = unserialize(file_get_contents($kept));
        array_map('header', $headers);
        echo $send($page, $tag);
        exit;
    }
    ob_start(function (string $page) use ($request, $kept, $send): string {
        if (http_response_code() !== 200 || array_filter(headers_list(), fn ($h) => stripos($h, 'etag:') === 0)) {
            return $page;
        }
        // WordPress 6.1 draws one of three hosts for each picture of a person; a page cache keeps the first page.
        $tag = '"' . md5(preg_replace('~[0-2]\.gravatar\.com~', 'gravatar.com', $page)) . '"';
        if ($request['method'] === 'GET') {
            is_dir(dirname($kept)) || @mkdir(dirname($kept));
            $part = $kept . getmypid();
            file_put_contents($part, serialize([headers_list(), $page, $tag]));
            rename($part, $kept);
        }
        return $send($page, $tag);
    });
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = "$docroot/index.php";
chdir($docroot);
require "$docroot/index.php";
