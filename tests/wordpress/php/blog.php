<?php
/*
 * Plugin Name: What the tests ask of a blog
 *
 * A must-use plugin. settings.json says whether the REST API and the sitemaps answer, what robots.txt says, and
 * which furniture stands round a post. A piece of furniture is {"place": …, "html": …}, with these marks in its
 * HTML: {url} {title} {home} {blog} {quote} {who} {related} {previous}.
 */

$GLOBALS['newsarchive'] = json_decode(file_get_contents(WP_CONTENT_DIR . '/../settings.json'), true);

add_filter('pre_http_request', fn () => new WP_Error('offline', 'no request leaves this blog'), 1);
add_filter('pre_wp_mail', '__return_false', 1);
add_filter('option_ping_sites', fn () => '');
// Nobody signs in: PHP would take a fifth of a second of CPU time for the password of each author.
add_filter('wp_hash_password_options', fn () => ['cost' => 4]);
remove_action('init', 'wp_schedule_delete_old_privacy_export_files');

if (!$GLOBALS['newsarchive']['rest']) {
    remove_action('wp_head', 'rest_output_link_wp_head', 10);
    remove_action('template_redirect', 'rest_output_link_header', 11);
    add_filter('rest_authentication_errors', fn () => new WP_Error('rest_disabled', 'The REST API is off.', ['status' => 401]));
}
if (!$GLOBALS['newsarchive']['sitemaps']) {
    add_filter('wp_sitemaps_enabled', '__return_false');
}
if (!$GLOBALS['newsarchive']['feeds']) {
    foreach (['do_feed', 'do_feed_rdf', 'do_feed_rss', 'do_feed_rss2', 'do_feed_atom'] as $hook) {
        add_action($hook, fn () => wp_die('This blog has no feed.', '', ['response' => 404]), 1);
    }
    remove_action('wp_head', 'feed_links', 2);
    remove_action('wp_head', 'feed_links_extra', 3);
}
if ($GLOBALS['newsarchive']['robots'] !== '') {
    add_filter('robots_txt', fn () => $GLOBALS['newsarchive']['robots']);
}

function newsarchive_furniture(string $place): string
{
    $post = get_queried_object();
    if (!is_singular('post') || !$post instanceof WP_Post) {
        return '';
    }
    $out = '';
    foreach ($GLOBALS['newsarchive']['furniture'] as $piece) {
        if ($piece['place'] === $place) {
            $out .= newsarchive_fill($piece['html'], $post);
        }
    }
    return $out;
}

function newsarchive_fill(string $html, WP_Post $post): string
{
    // A new quote with each post: the slot stays, the line does not.
    $quotes = $GLOBALS['newsarchive']['quotes'];
    [$quote, $who] = $quotes ? $quotes[$post->ID % count($quotes)] : ['', ''];
    return strtr($html, [
        '{url}' => esc_url(get_permalink($post)),
        '{title}' => esc_html(get_the_title($post)),
        '{home}' => esc_url(home_url('/')),
        '{blog}' => esc_html(get_bloginfo('name')),
        '{quote}' => esc_html($quote),
        '{who}' => esc_html($who),
        '{related}' => str_contains($html, '{related}') ? newsarchive_related($post) : '',
    ]);
}

function newsarchive_related(WP_Post $post): string
{
    global $wpdb;
    // Three neighbours in the table stand for "related": they stay the same as long as the posts do.
    $ids = $wpdb->get_col($wpdb->prepare(
        "(SELECT ID FROM $wpdb->posts WHERE post_type = 'post' AND post_status = 'publish' AND ID > %d ORDER BY ID LIMIT 3)
         UNION (SELECT ID FROM $wpdb->posts WHERE post_type = 'post' AND post_status = 'publish' AND ID < %d ORDER BY ID LIMIT 3)",
        $post->ID,
        $post->ID,
    ));
    $out = '';
    foreach (array_slice($ids, 0, 3) as $id) {
        $out .= sprintf(
            '<div class="jp-relatedposts-post"><h4 class="jp-relatedposts-post-title"><a href="%s">%s</a></h4>'
            . '<time class="jp-relatedposts-post-date">%s</time></div>',
            esc_url(get_permalink($id)),
            esc_html(get_the_title($id)),
            esc_html(get_the_date('', $id)),
        );
    }
    return $out;
}

add_filter('the_content', function (string $content): string {
    if (!is_singular('post') || get_the_ID() !== get_queried_object_id() || post_password_required()) {
        return $content;
    }
    return newsarchive_furniture('before') . $content . newsarchive_furniture('after');
}, 99);
add_action('wp_footer', function (): void {
    echo newsarchive_furniture('footer');
}, 5);
add_action('newsarchive_sidebar', function (): void {
    echo newsarchive_furniture('sidebar');
});
