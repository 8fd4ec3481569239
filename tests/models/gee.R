# Rscript gee.R folder: reads cases.json there (csv, terms), writes answers.json by geepack, clubSandwich and pbkrtest.
suppressMessages({library(geepack); library(clubSandwich); library(lme4); library(pbkrtest); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
answers <- lapply(fromJSON(file.path(folder, "cases.json")), function(case) {
  data <- read.csv(file.path(folder, case$csv))
  fixed <- as.formula(paste("reached ~", paste(case$terms, collapse = " + ")))
  g <- geese(fixed, id = school, data = data, family = binomial, corstr = "exchangeable",
             control = geese.control(epsilon = 1e-12, maxit = 200))
  independent <- glm(fixed, data = data, family = binomial, control = glm.control(epsilon = 1e-14))
  test <- coef_test(independent, vcov = "CR2", cluster = data$school, test = "Satterthwaite")
  l <- lmer(update(fixed, . ~ . + (1 | school)), data = data, control = lmerControl("bobyqa", optCtrl = list(rhoend = 1e-9)))
  l_test <- coef_test(l, vcov = "CR2", test = "Satterthwaite")
  v <- vcovAdj(l)
  kr_df <- sapply(seq_along(fixef(l)), function(i) Lb_ddf(as.numeric(seq_along(fixef(l)) == i), vcov(l), v))
  list(beta = unname(g$beta), alpha = unname(g$alpha), phi = unname(g$gamma), naive = g$vbeta.naiv, robust = g$vbeta,
       glm_beta = unname(coef(independent)), kc_se = test$SE, kc_df = test$df,
       linear = unname(fixef(l)), cr2_se = l_test$SE, cr2_df = l_test$df, kr_se = unname(sqrt(diag(as.matrix(v)))), kr_df = kr_df)
})
write_json(answers, file.path(folder, "answers.json"), digits = NA)
