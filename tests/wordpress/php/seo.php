<?php
/*
 * Plugin Name: What a plugin for search engines prints
 *
 * A must-use plugin of our own. Where settings.json asks for it, a post's head has what plugins for search engines
 * print: a graph of JSON-LD (Article, WebPage, WebSite, Organization, Person), Open Graph, and the author's name.
 */

add_action('wp_head', function (): void {
    $post = get_queried_object();
    if (empty($GLOBALS['newsarchive']['seo']) || !is_singular('post') || !$post instanceof WP_Post) {
        return;
    }
    $site = get_bloginfo('name');
    $home = home_url('/');
    $url = get_permalink($post);
    $author = get_the_author_meta('display_name', $post->post_author);
    $published = get_post_time(DATE_W3C, true, $post);
    $modified = get_post_modified_time(DATE_W3C, true, $post);
    $sections = wp_list_pluck(get_the_category($post->ID) ?: [], 'name');
    $tags = wp_list_pluck(get_the_tags($post->ID) ?: [], 'name');
    $picture = get_the_post_thumbnail_url($post, 'full') ?: '';
    $metas = [
        'og:locale' => get_locale(), 'og:type' => 'article', 'og:title' => get_the_title($post) . ' - ' . $site,
        'og:url' => $url, 'og:site_name' => $site, 'article:published_time' => $published,
        'article:modified_time' => $modified, 'og:image' => $picture,
    ];
    foreach (array_filter($metas) as $name => $content) {
        printf("<meta property=\"%s\" content=\"%s\" />\n", esc_attr($name), esc_attr($content));
    }
    printf("<meta name=\"author\" content=\"%s\" />\n", esc_attr($author));
    printf("<meta name=\"twitter:label1\" content=\"Written by\" />\n<meta name=\"twitter:data1\" content=\"%s\" />\n", esc_attr($author));
    $graph = [
        [
            '@type' => 'Article', '@id' => "$url#article", 'isPartOf' => ['@id' => $url],
            'author' => ['name' => $author, '@id' => "{$home}#/schema/person/{$post->post_author}"],
            'headline' => get_the_title($post), 'datePublished' => $published, 'dateModified' => $modified,
            'mainEntityOfPage' => ['@id' => $url], 'publisher' => ['@id' => "{$home}#organization"],
            'keywords' => $tags, 'articleSection' => $sections, 'inLanguage' => get_bloginfo('language'),
        ],
        [
            '@type' => 'WebPage', '@id' => $url, 'url' => $url, 'name' => get_the_title($post) . ' - ' . $site,
            'isPartOf' => ['@id' => "{$home}#website"], 'datePublished' => $published, 'dateModified' => $modified,
        ],
        ['@type' => 'WebSite', '@id' => "{$home}#website", 'url' => $home, 'name' => $site, 'publisher' => ['@id' => "{$home}#organization"]],
        ['@type' => 'Organization', '@id' => "{$home}#organization", 'name' => $site, 'url' => $home],
        ['@type' => 'Person', '@id' => "{$home}#/schema/person/{$post->post_author}", 'name' => $author],
    ];
    printf(
        "<script type=\"application/ld+json\">%s</script>\n",
        wp_json_encode(['@context' => 'https://schema.org', '@graph' => $graph], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE),
    );
}, 1);
