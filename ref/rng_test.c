/* rng_test.c -- known answers of the generators. */
#include "ref/rng.h"

#include "theory-tests/check.h"

static void known_answer(const uint32_t ctr[4], const uint32_t key[2],
                         const uint32_t want[4])
{
    uint32_t got[4];
    ref_rng_philox(got, ctr, key);
    for (int w = 0; w < 4; w++) CHECK_EQUAL(got[w], want[w]);
}

static void philox_known_answers(void)
{
    known_answer((uint32_t[4]){0}, (uint32_t[2]){0},
                 (uint32_t[4]){0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    const uint32_t ones = 0xffffffff;
    known_answer((uint32_t[4]){ones, ones, ones, ones}, (uint32_t[2]){ones, ones},
                 (uint32_t[4]){0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    known_answer((uint32_t[4]){0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                 (uint32_t[2]){0xa4093822, 0x299f31d0},
                 (uint32_t[4]){0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

static void feature_draws_match_the_specification(void)
{
    CHECK_NEAR(ref_rng_feature_uniform(11, 0, 0, 0, 0), 0.9587867103741, 1e-13);
    CHECK_NEAR(ref_rng_feature_gauss(11, 0, 0, 0, 0), 0.03335773293687, 1e-13);
    CHECK_NEAR(ref_rng_feature_gauss(11, 0, 63, 15, 11), -0.5157439507319, 1e-12);
}

/* Even and odd draws share a block; prompts, steps and replicas do not. */
static void a_draw_is_a_function_of_who_draws(void)
{
    const ref_rng_stream s = {
        .seed = 7, .stream = 1, .prompt = 3, .step = 5, .replica = 2};
    uint32_t w[4];
    ref_rng_philox(w, (uint32_t[4]){4, 3, 5, 2}, (uint32_t[2]){7, 1});
    CHECK_EQUAL(ref_rng_uniform(&s, 8), ref_rng_unit(w[0], w[1]));
    CHECK_EQUAL(ref_rng_uniform(&s, 9), ref_rng_unit(w[2], w[3]));
}

static void unit_stays_above_zero(void)
{
    CHECK_EQUAL(ref_rng_unit(0, 0), 0x1p-54);
    CHECK(ref_rng_unit(0xffffffff, 0xffffffff) <= 1.0);
}

static void splitmix_matches_the_specification(void)
{
    uint64_t state = 20251006;
    const double u = 2.0 * ((double)(ref_rng_splitmix64(&state) >> 11) * 0x1p-53) - 1.0;
    CHECK_NEAR(u, -0.833470026963025, 1e-15);
}

SUITE("[spec:sim 2.1][spec:bvpo 3.1] random numbers", NULL,
      {"Philox known answers", philox_known_answers},
      {"feature draws match the specification", feature_draws_match_the_specification},
      {"a draw is a function of who draws", a_draw_is_a_function_of_who_draws},
      {"uniforms stay above zero", unit_stays_above_zero},
      {"splitmix64 matches the specification", splitmix_matches_the_specification});
