<?php if (have_comments()) : ?>
<h3 id="comments"><?php comments_number('No Responses', 'One Response', '% Responses'); ?> to “<?php the_title(); ?>”</h3>
<ol class="commentlist"><?php wp_list_comments(['avatar_size' => 0]); ?></ol>
<?php endif; comment_form(); ?>
