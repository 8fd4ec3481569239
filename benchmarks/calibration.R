# Kenward-Roger's p for the effect of treatment in each study, by lme4 and pbkrtest.
# Usage: Rscript calibration.R STUDIES.csv P_VALUES.csv
suppressMessages({library(lme4); library(pbkrtest)})
arguments <- commandArgs(TRUE)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 2e-3, rhoend = 1e-9, maxfun = 1e5),
                       check.conv.singular = "ignore", check.conv.grad = "ignore", check.conv.hess = "ignore")
p_value <- function(study) {
  m <- lmer(score ~ baseline + treated + (1 | school), study, control = control)
  adjusted <- vcovAdj(m)
  df <- Lb_ddf(c(0, 0, 1), vcov(m), adjusted)
  2 * pt(-abs(fixef(m)[["treated"]]) / sqrt(adjusted[3, 3]), df)
}
studies <- read.csv(arguments[1])
found <- lapply(split(studies, studies$study), function(study) data.frame(study = study$study[1], p_value = p_value(study)))
write.csv(do.call(rbind, found), arguments[2], row.names = FALSE)
